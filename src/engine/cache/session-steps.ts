import type { Vertex } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import { cacheKeyOf, type Executor, type PreparedStep } from '../../build/solver/index.ts'
import { definitionOf, portableKey, readForKey } from './portable-key.ts'
import type { RemoteResults } from './remote-results.ts'
import type { AskedStep, SessionNotes } from './session-notes.ts'
import type { SessionOptions } from './session-types.ts'

export interface SessionParts {
  readonly options: SessionOptions
  readonly notes: SessionNotes
  readonly remote: RemoteResults
}

/** Does it, with all inputs here; unless the store knows it by the names that those have now. `isInstead`: of a cache that failed. */
export const executeStep = async (
  { options, notes, remote }: SessionParts,
  step: AskedStep,
  isInstead = false,
): Promise<StepResult> => {
  const { local, now } = options
  const whole = await step.whole()
  const inputs = await Promise.all(step.inputs.map(remote.ready))
  notes.actual.set(step, { components: whole.components, inputs })
  const key = cacheKeyOf(whole.components)
  const known = step.vertex.noCache || whole.components === step.components ? undefined : local.get(key)
  if (known) return known
  const from = now()
  const result = await whole.execute()
  // The solver keeps what it has executed under the key that it knows; this it does not.
  if (isInstead || whole.components !== step.components)
    local.put(key, {
      components: whole.components,
      result,
      name: step.vertex.name,
      milliseconds: now() - from,
    })
  return result
}

/** Inputs that lie elsewhere are fetched for a key only where it is made of their content, and no cache knows the step without. */
export const prepareStep =
  (parts: SessionParts): Executor<StepResult>['prepare'] =>
  async (vertex, inputs, context) => {
    const { options, notes, remote } = parts
    const prepareWith = (ready: readonly StepResult[]): Promise<PreparedStep<StepResult>> =>
      options.executor.prepare(vertex, ready, context)
    const definition = await knownDefinition(parts, vertex, inputs)
    const read = readForKey(vertex)
    const readyForKey = (one: StepResult, position: number): Promise<StepResult> =>
      read.has(position) ? remote.ready(one) : Promise.resolve(one)
    const prepared = definition ? undefined : await prepareWith(await Promise.all(inputs.map(readyForKey)))
    const components = prepared?.components ?? definition ?? []
    const isHere = prepared !== undefined && !inputs.some(remote.isRemote)
    const step: AskedStep = {
      vertex,
      inputs,
      components,
      whole: async () => (isHere ? prepared : prepareWith(await Promise.all(inputs.map(remote.ready)))),
    }
    if (components.length > 0) notes.asked.set(cacheKeyOf(components), step)
    return { components, execute: () => executeStep(parts, step), ...placeOf(vertex, inputs, remote) }
  }

/** The step's definition, when its key would wait for something and a cache knows the step by that. */
const knownDefinition = async (
  { options: { names, imported }, remote }: SessionParts,
  vertex: Vertex,
  inputs: readonly StepResult[],
): ReturnType<typeof definitionOf> => {
  const read = readForKey(vertex)
  if (!inputs.some((input, position) => read.has(position) && remote.isRemote(input))) return undefined
  const stacks = inputs.map(({ stack }) => stack)
  const definition = await definitionOf(vertex, stacks, names.diffIdOf)
  if (!definition) return undefined
  return imported.find(await portableKey(definition, names.diffIdOf)) ? definition : undefined
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
