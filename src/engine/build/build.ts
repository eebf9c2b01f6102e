import { availableParallelism } from 'node:os'
import type { Plan, VertexId } from '../../build/graph/index.ts'
import { createExecutor, type StepResult } from '../../build/ops/index.ts'
import { type CacheKey, type StepCache, solve } from '../../build/solver/index.ts'
import { InternalError } from '../../foundation/errors/index.ts'
import { formatReference } from '../../foundation/oci/index.ts'
import type { Image } from '../../store/image/index.ts'
import type { Lease } from '../../store/snapshot/index.ts'
import type { BuildCache, BuildCacheOptions } from '../cache/open-build-cache.ts'
import { needsPull } from '../registry/pull-policy.ts'
import { type Store, sweepTrash } from '../store.ts'
import { assembleConfig } from './assemble.ts'
import { openBuildContexts } from './context.ts'
import { createExecEnvironment } from './exec-environment.ts'
import { createPlanImages, type PlanImages } from './images-for-plan.ts'
import { locateFailures } from './locate-failures.ts'
import { makePlan, type PlanContext, type Planned } from './plan.ts'
import { secretSource } from './secrets.ts'
import { openSshAgents } from './ssh-agents.ts'
import { createStepCache } from './step-cache.ts'
import { createStepPlaces } from './step-places.ts'
import type { BuildContextOptions, BuildOptions, BuildResult } from './types.ts'

/** Steps at the same time on a machine with few processors: many only wait, for the network or for a disk. */
const leastParallelism = 4

/**
 * Dockerfile to image: parse, plan the target, solve, assemble, name. Nothing is left behind when it fails or is aborted
 * but the results of the steps that were done. Throws `DiagnosticError` (Dockerfile), `StepFailed` (RUN) and the rooms' errors.
 */
export const build = async (
  store: Store,
  options: BuildOptions,
  context: BuildContextOptions,
): Promise<BuildResult> => {
  using lease = await store.lease(context.signal)
  const since = context.now()
  const { pull = 'never' } = options
  const images = createPlanImages(store.images, lease, async (needs) => {
    const wanted = needs.filter((need) => needsPull(store, need.reference, pull, need.platform))
    return wanted.length === 0 ? [] : (await import('./pull-images.ts')).pullNeeded(store, wanted, context)
  })
  let asksForTimes = false
  const timeOf: PlanContext['timeOf'] = async (source) => {
    asksForTimes = true
    return (await import('./source-time.ts')).sourceTime(source, { store, lease, options, context })
  }
  const plans = await makePlans(options, images, { events: context.events, timeOf })
  const work = workOf(plans)
  context.events({ kind: 'plan', total: work.vertices.length })

  const contexts = openBuildContexts(options, store, context.ahead)
  using agents = openSshAgents(options.ssh, context)
  await using places = createStepPlaces(options, context.runRoot)
  const named = new Set(plans.flatMap(({ plan }) => plan.history.map(({ vertex }) => vertex)))
  const isNamed = (vertex: VertexId): boolean => named.has(vertex)
  const steps = createExecutor({
    stackOf: (manifest) => images.byManifest(manifest)?.stack,
    context: contexts.get,
    exec: createExecEnvironment(store, options, { ...context, agents, places, isNamed }),
    fetch: async () => {
      const { createFetchEnvironment } = await import('./fetch-environment.ts')
      const secret = secretSource(options.secrets)
      return createFetchEnvironment(store, { env: context.env, secret, ssh: options.ssh?.get('default') })
    },
  })
  const executor = locateFailures(steps, options.dockerfile)
  const known = new Map<CacheKey, StepResult>()
  const cache = createStepCache({ table: store.steps, snapshots: store.snapshots, lease })
  let knownSteps = 0
  const local = listening(cache, (key, result) => {
    if (isSame(known.get(key) ?? result, result)) knownSteps += 1
    known.set(key, result)
  })
  using elsewhere = await openElsewhere(store, options, { executor, local, lease, context })
  const solved = await solve(work, {
    executor: elsewhere?.executor ?? executor,
    cache: elsewhere?.cache ?? local,
    events: context.events,
    parallelism: options.parallelism ?? Math.max(leastParallelism, availableParallelism()),
    now: context.now,
    signal: context.signal,
  })
  // They go while the image is put together, and the digests of the last layers begin.
  void places.close()
  await others()
  contexts.save()
  const wanted = plans.map(({ plan }) => plan.result)
  const results = elsewhere ? await elsewhere.settle(solved, wanted) : solved

  const built: Image[] = []
  for (const { plan } of plans)
    built.push(await imageOf(plan, results, { store, options, context, lease, elsewhere }))
  const result = await settle(built, { store, options })
  const names = (options.names ?? []).map((name) => {
    store.images.tag(name, result.index ?? result.image, { sync: options.sync !== false })
    return formatReference(name)
  })
  await elsewhere?.write(wanted.map((id) => (id && results.get(id)?.stack) ?? []))
  sweepTrash(store)
  context.events({ kind: 'image', id: result.index?.descriptor.digest ?? result.image.id, names })
  const bases = [...images.named.values()]
  const facts = { since, plans, bases, known, knownSteps, asksForTimes, contexts: contexts.used() }
  return { ...result, names, unusedBuildArgs: unusedInAll(plans), facts }
}

const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const isSame = (a: StepResult, b: StepResult): boolean =>
  a.created === b.created && a.stack.join() === b.stack.join()

/** Tells of every result that is found or made. */
const listening = (
  cache: StepCache<StepResult>,
  listen: (key: CacheKey, result: StepResult) => unknown,
): StepCache<StepResult> => ({
  get: (key) => {
    const found = cache.get(key)
    if (found) listen(key, found)
    return found
  },
  put: (key, entry) => {
    cache.put(key, entry)
    listen(key, entry.result)
  },
})

/** Caches in registries and directories, when some are named. */
const openElsewhere = async (
  store: Store,
  { cacheFrom: sources = [], cacheTo: targets = [], cacheKey: key }: BuildOptions,
  {
    context,
    ...wired
  }: Pick<BuildCacheOptions, 'executor' | 'local' | 'lease'> & {
    readonly context: BuildContextOptions
  },
): Promise<BuildCache | undefined> => {
  if (sources.length + targets.length === 0) return undefined
  const { openBuildCache } = await import('../cache/open-build-cache.ts')
  return openBuildCache(store, { ...wired, sources, targets, key }, context)
}

/** One plan, or one for each platform. */
const makePlans = async (
  options: BuildOptions,
  images: PlanImages,
  context: PlanContext,
): Promise<readonly Planned[]> => {
  if (!options.platforms) return [await makePlan(options, images, context)]
  const { planPlatforms } = await import('./platforms.ts')
  return planPlatforms(options.platforms, options, (one, events) =>
    makePlan(one, images, { ...context, events: events(context.events) }),
  )
}

/** All that there is to do, once: stages that do not depend on the platform are the same in each plan. */
const workOf = (plans: readonly Planned[]): Pick<Plan, 'vertices'> => {
  const [first] = plans
  if (plans.length === 1 && first) return first.plan
  const vertices = new Map(plans.flatMap(({ plan }) => plan.vertices).map((vertex) => [vertex.id, vertex]))
  return { vertices: [...vertices.values()] }
}

const unusedInAll = ([first, ...others]: readonly Planned[]): readonly string[] =>
  (first?.unusedBuildArgs ?? []).filter((name) => others.every((one) => one.unusedBuildArgs.includes(name)))

interface Assembling {
  readonly store: Store
  readonly options: BuildOptions
  readonly context: BuildContextOptions
  readonly lease: Lease
  readonly elsewhere: BuildCache | undefined
}

const imageOf = async (
  plan: Plan,
  results: ReadonlyMap<VertexId, StepResult>,
  { store, options, context: { now }, lease, elsewhere }: Assembling,
): Promise<Image> => {
  const stack = plan.result === undefined ? [] : (results.get(plan.result)?.stack ?? [])
  const config = assembleConfig(plan, (vertex) => results.get(vertex)?.created, now())
  const isFinished = !options.squash && !options.rewriteTimestamp
  const image = isFinished
    ? { config, stack }
    : await (await import('./finish-layers.ts')).finishLayers({ config, stack }, plan, {
        store,
        options,
        lease,
        now,
      })
  const records = await elsewhere?.annotations(image.stack)
  if (!options.platforms) {
    const { annotations, sync = true } = options
    return store.images.create(image.config, image.stack, {
      sync,
      annotations: { ...annotations, ...records },
    })
  }
  const { manifestAnnotations } = await import('./platforms.ts')
  // An index has one sync for all of its images.
  return store.images.create(image.config, image.stack, {
    sync: false,
    annotations: { ...manifestAnnotations(options, plan.platform), ...records },
  })
}

const settle = async (
  built: readonly Image[],
  { store, options }: Pick<Assembling, 'store' | 'options'>,
): Promise<Pick<BuildResult, 'image' | 'index'>> => {
  const [image] = built
  if (options.platforms)
    return (await import('./platforms.ts')).joinPlatforms(built, options.platforms, store, options)
  if (!image) throw new InternalError('build: there is no plan')
  return { image }
}
