import { describe, expect, it } from 'vitest'
import type { Plan, Vertex } from '../../../../src/build/graph/index.ts'
import {
  type CacheKey,
  type Executor,
  type SolveOptions,
  type StepCache,
  solve,
} from '../../../../src/build/solver/index.ts'
import type { ProgressEvent } from '../../../../src/foundation/events/index.ts'
import { digestOf } from '../../../../src/foundation/oci/index.ts'

const id = (name: string) => digestOf(name)
const vertex = (name: string, inputs: readonly string[] = [], extra: Partial<Vertex> = {}): Vertex => ({
  id: id(name),
  name,
  op: { kind: 'file', root: inputs.length > 0 ? 0 : undefined, actions: [] },
  inputs: inputs.map(id),
  ...extra,
})
const planOf = (...vertices: Vertex[]): Plan => ({
  vertices,
  result: vertices.at(-1)?.id,
  config: {},
  platform: { os: 'linux', architecture: 'amd64' },
  history: [],
})

const memoryCache = (): StepCache<string> & { size(): number } => {
  const records = new Map<CacheKey, string>()
  return {
    get: (key) => records.get(key),
    put: (key, entry) => void records.set(key, entry.result),
    size: () => records.size,
  }
}

/** Executes by name and counts; a result is the name and its inputs, so that order and wiring show. */
const counting = (behaviour: Record<string, (signal: AbortSignal) => Promise<void>> = {}) => {
  const executed: string[] = []
  const executor: Executor<string> = {
    prepare: (v, inputs, context) =>
      Promise.resolve({
        components: [
          { name: 'name', value: v.name },
          { name: 'inputs', value: JSON.stringify(inputs) },
        ],
        execute: async () => {
          executed.push(v.name)
          await behaviour[v.name]?.(context.signal)
          return `${v.name}(${inputs.join(',')})`
        },
      }),
  }
  return { executor, executed }
}

const options = (extra: Partial<SolveOptions<string>>): SolveOptions<string> => ({
  executor: counting().executor,
  cache: memoryCache(),
  events: () => {},
  parallelism: 4,
  now: () => 0,
  signal: new AbortController().signal,
  ...extra,
})

describe('solve', () => {
  it('gives every vertex the results of its inputs, in order', async () => {
    const results = await solve(planOf(vertex('a'), vertex('b'), vertex('c', ['b', 'a'])), options({}))
    expect(results.get(id('c'))).toBe('c(b(),a())')
  })

  it('executes nothing the second time', async () => {
    const cache = memoryCache()
    const plan = planOf(vertex('a'), vertex('b', ['a']))
    await solve(plan, options({ cache }))
    const { executor, executed } = counting()
    const events: ProgressEvent[] = []
    await solve(plan, options({ cache, executor, events: (e) => events.push(e) }))
    expect(executed).toEqual([])
    expect(events.map((e) => e.kind)).toEqual(['vertex-cached', 'vertex-cached'])
  })

  it('executes again what is marked noCache, and its users only when the result changed', async () => {
    const cache = memoryCache()
    await solve(planOf(vertex('a'), vertex('b', ['a'])), options({ cache }))
    const { executor, executed } = counting()
    await solve(planOf(vertex('a', [], { noCache: true }), vertex('b', ['a'])), options({ cache, executor }))
    expect(executed).toEqual(['a'])
  })

  it('runs independent vertices side by side, and no more than allowed', async () => {
    let running = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
    }
    const names = ['a', 'b', 'c', 'd', 'e']
    const behaviour = Object.fromEntries(names.map((n) => [n, work]))
    await solve(
      planOf(...names.map((n) => vertex(n))),
      options({ executor: counting(behaviour).executor, parallelism: 2 }),
    )
    expect(most).toBe(2)
  })

  it('stops the others at the first failure, waits for them, and remembers nothing of it', async () => {
    const cache = memoryCache()
    let aborted = false
    const { executor, executed } = counting({
      bad: () => Promise.reject(new Error('boom')),
      slow: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(new Error('aborted'))
          })
        }),
    })
    const plan = planOf(vertex('slow'), vertex('bad'), vertex('after', ['bad']))
    await expect(solve(plan, options({ cache, executor }))).rejects.toThrow('boom')
    expect(aborted).toBe(true)
    expect(executed).toEqual(['slow', 'bad'])
    expect(cache.size()).toBe(0)
  })

  it('ends with the reason of an outer abort', async () => {
    const controller = new AbortController()
    const { executor } = counting({
      a: () => {
        controller.abort(new Error('interrupted'))
        return Promise.resolve()
      },
    })
    await expect(
      solve(planOf(vertex('a'), vertex('b', ['a'])), options({ executor, signal: controller.signal })),
    ).rejects.toThrow('interrupted')
  })
})
