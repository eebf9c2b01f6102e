import type { Vertex } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import {
  type CacheKey,
  cacheKeyOf,
  type Executor,
  type KeyComponent,
  type PreparedStep,
  type StepCache,
} from '../../build/solver/index.ts'
import type { ImportedStep } from './imported.ts'
import { definitionOf, portableKey, readForKey, renameLayers } from './portable-key.ts'
import { createRemoteResults, type RemoteResults } from './remote-results.ts'
import type { DoneStep, SessionOptions } from './session-types.ts'

/** Stands between the solver on one side, and the executor and the store's own records on the other. */
export interface CacheSession {
  readonly executor: Executor<StepResult>
  readonly cache: StepCache<StepResult>
  /** The same result with all of its layers in the store. */
  readonly ready: RemoteResults['ready']
  done(): readonly DoneStep[]
  /** Writes records of the store for what has come from caches, where there are none. */
  remember(): void
}

/** A step that the solver has asked for. */
interface AskedStep {
  readonly vertex: Vertex
  readonly inputs: readonly StepResult[]
  readonly components: readonly KeyComponent[]
  /** With all inputs in the store. */
  readonly whole: () => Promise<PreparedStep<StepResult>>
}

export const openSession = (options: SessionOptions): CacheSession => {
  const { local, imported, names } = options
  const asked = new Map<CacheKey, AskedStep>()
  const done = new Map<CacheKey, DoneStep>()
  /** What a step was made from in the end, where it had to be executed. */
  const actual = new Map<AskedStep, Pick<DoneStep, 'inputs' | 'components'>>()
  const remote = createRemoteResults(options)

  const note = (
    key: CacheKey,
    result: StepResult,
    found?: ImportedStep,
    milliseconds = found?.milliseconds ?? options.costOf(key),
  ): StepResult => {
    const step = asked.get(key)
    if (step)
      done.set(key, { ...step, ...actual.get(step), result, milliseconds, ...(found && { imported: found }) })
    return result
  }
  const keyOf = (components: readonly KeyComponent[]): Promise<CacheKey> =>
    portableKey(components, names.diffIdOf)

  /** Does it, with all inputs here; unless the store knows it by the names that those have now. */
  const execute = async (step: AskedStep, isInstead = false): Promise<StepResult> => {
    const whole = await step.whole()
    const inputs = await Promise.all(step.inputs.map(remote.ready))
    actual.set(step, { components: whole.components, inputs })
    const key = cacheKeyOf(whole.components)
    const known = step.vertex.noCache || whole.components === step.components ? undefined : local.get(key)
    if (known) return known
    const from = options.now()
    const result = await whole.execute()
    // The solver keeps what it has executed under the key that it knows; this it does not.
    if (isInstead || whole.components !== step.components)
      local.put(key, {
        components: whole.components,
        result,
        name: step.vertex.name,
        milliseconds: options.now() - from,
      })
    return result
  }

  const prepare: Executor<StepResult>['prepare'] = async (vertex, inputs, context) => {
    const whole = async (): Promise<PreparedStep<StepResult>> =>
      options.executor.prepare(vertex, await Promise.all(inputs.map(remote.ready)), context)
    const wanted = readForKey(vertex)
    const isWaiting = inputs.some((input, position) => wanted.has(position) && remote.isRemote(input))
    const stacks = inputs.map(({ stack }) => stack)
    const definition = isWaiting ? await definitionOf(vertex, stacks, names.diffIdOf) : undefined
    const isKnown = definition && imported.find(await keyOf(definition)) !== undefined
    const prepared = isKnown
      ? undefined
      : await options.executor.prepare(
          vertex,
          await Promise.all(
            inputs.map((one, at) => (wanted.has(at) ? remote.ready(one) : Promise.resolve(one))),
          ),
          context,
        )
    const components = prepared?.components ?? definition ?? []
    const isHere = prepared !== undefined && !inputs.some(remote.isRemote)
    const step: AskedStep = {
      vertex,
      inputs,
      components,
      whole: isHere ? () => Promise.resolve(prepared) : whole,
    }
    if (components.length > 0) asked.set(cacheKeyOf(components), step)
    return { components, execute: () => execute(step), ...placeOf(vertex, inputs, remote) }
  }

  const believed = (): readonly DoneStep[] =>
    [...done.values()].filter(({ imported: found }) => !found || imported.trusts(found.place))

  const recordArrived = ({ components: named, imported: found, result, vertex }: DoneStep): void => {
    // What is known by its definition has no key of this store.
    if (!found || named.some(({ name, value }) => name === 'op' && value === 'definition')) return
    const components = renameLayers(named, names.arrived)
    const stack = result.stack.flatMap((id) => names.arrived(id) ?? [])
    if (!components || stack.length < result.stack.length) return
    const key = cacheKeyOf(components)
    if (local.get(key)) return
    const { milliseconds } = found
    local.put(key, { components, result: { ...result, stack }, name: vertex.name, milliseconds })
  }

  return {
    executor: { prepare },
    ready: remote.ready,
    done: believed,
    remember: () => {
      for (const step of believed()) recordArrived(step)
    },
    cache: {
      get: (key) => {
        const known = local.get(key)
        return known && note(key, known)
      },
      further: async (key) => {
        const step = asked.get(key)
        if (!step || imported.isEmpty) return undefined
        const found = imported.find(await keyOf(step.components))
        if (!found) return undefined
        return note(
          key,
          remote.adopt(found, async () => note(key, await execute(step, true))),
          found,
        )
      },
      put: (key, entry) => {
        note(key, entry.result, undefined, entry.milliseconds)
        // Of a step whose inputs had to be fetched the record is there, under the names that those have now.
        if (!asked.get(key)?.inputs.some(remote.isRemote)) local.put(key, entry)
      },
    },
  }
}

/** What is laid over a root without being made from it. */
const placeOf = (
  { op }: Vertex,
  inputs: readonly StepResult[],
  remote: RemoteResults,
): Pick<PreparedStep<StepResult>, 'place'> => {
  if (op.kind !== 'file' || op.link !== true) return {}
  const root = op.root === undefined ? undefined : inputs[op.root]
  return { place: (result) => (root ? remote.joined(root, result) : result) }
}
