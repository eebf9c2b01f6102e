import { availableParallelism } from 'node:os'
import { createExecutor } from '../../build/ops/index.ts'
import { solve } from '../../build/solver/index.ts'
import { formatReference } from '../../foundation/oci/index.ts'
import { type Store, sweepTrash } from '../store.ts'
import { assembleConfig } from './assemble.ts'
import { openBuildContexts } from './context.ts'
import { createExecEnvironment } from './exec-environment.ts'
import { createPlanImages } from './images-for-plan.ts'
import { locateFailures } from './locate-failures.ts'
import { makePlan, type PlanContext } from './plan.ts'
import { secretSource } from './secrets.ts'
import { openSshAgents } from './ssh-agents.ts'
import { createStepCache } from './step-cache.ts'
import { sweepSteps } from './sweep.ts'
import type { BuildContextOptions, BuildOptions, BuildResult } from './types.ts'

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
  const images = createPlanImages(store.images, lease)
  const timeOf: PlanContext['timeOf'] = async (source) =>
    (await import('./source-time.ts')).sourceTime(source, { store, lease, options, context })
  const { plan, unusedBuildArgs } = await makePlan(options, images, { events: context.events, timeOf })
  sweepSteps(context.runRoot)
  sweepTrash(store)
  context.events({ kind: 'plan', total: plan.vertices.length })

  const contexts = openBuildContexts(options, store)
  using agents = openSshAgents(options.ssh, context)
  const steps = createExecutor({
    stackOf: (manifest) => images.byManifest(manifest)?.stack,
    context: contexts.get,
    exec: createExecEnvironment(store, options, { ...context, agents }),
    fetch: async () => {
      const { createFetchEnvironment } = await import('./fetch-environment.ts')
      const secret = secretSource(options.secrets)
      return createFetchEnvironment(store, { env: context.env, secret, ssh: options.ssh?.get('default') })
    },
  })
  const results = await solve(plan, {
    executor: locateFailures(steps, options.dockerfile),
    cache: createStepCache({ table: store.steps, snapshots: store.snapshots, lease }),
    events: context.events,
    parallelism: options.parallelism ?? Math.max(2, availableParallelism()),
    now: context.now,
    signal: context.signal,
  })
  contexts.save()

  const stack = plan.result === undefined ? [] : (results.get(plan.result)?.stack ?? [])
  const config = assembleConfig(plan, (vertex) => results.get(vertex)?.created, context.now())
  const image = await store.images.create(config, stack, {
    sync: options.sync !== false,
    annotations: options.annotations ?? {},
  })
  const names = (options.names ?? []).map((name) => {
    store.images.tag(name, image)
    return formatReference(name)
  })
  context.events({ kind: 'image', id: image.id, names })
  return { image, names, unusedBuildArgs }
}
