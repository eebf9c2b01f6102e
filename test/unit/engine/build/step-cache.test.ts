import { expect, it } from 'vitest'
import type { CacheKey } from '../../../../src/build/solver/index.ts'
import { createStepCache, type StepRecord } from '../../../../src/engine/build/step-cache.ts'
import type { LayerId, LayerRecord } from '../../../../src/store/snapshot/index.ts'

const layer = (n: number): LayerId => `layer${n}` as LayerId
const key = (n: number): CacheKey => `key${n}` as CacheKey

/** Steps 0 to `count` - 1, each with the layers of the one before it and one more. */
const chain = (count: number) => {
  const lost = new Set<LayerId>()
  const looks: LayerId[] = []
  const table = new Map<string, StepRecord>()
  for (let n = 0; n < count; n++) {
    const layers = Array.from({ length: n + 1 }, (_, i) => layer(i))
    table.set(key(n), { name: `step ${n}`, components: [], layers, milliseconds: 1, created: n })
  }
  const cache = createStepCache({
    table: {
      get: (name) => table.get(name),
      put: (name, record) => void table.set(name, record),
      touch: () => undefined,
    },
    snapshots: {
      get: (id) => {
        looks.push(id)
        return lost.has(id) ? undefined : ({ id } as LayerRecord)
      },
    },
    lease: { hold: () => undefined },
  })
  return { cache, looks, lost, table }
}

it('looks at each layer of many cached steps once', () => {
  const { cache, looks } = chain(100)
  for (let n = 0; n < 100; n++) expect(cache.get(key(n))?.stack).toHaveLength(n + 1)
  expect(looks).toHaveLength(100)
})

it('knows no step that has lost a layer, however many before it are there', () => {
  const { cache, lost } = chain(3)
  lost.add(layer(1))
  expect(cache.get(key(0))).toBeDefined()
  expect(cache.get(key(1))).toBeUndefined()
  expect(cache.get(key(2))).toBeUndefined()
  lost.clear()
  expect(cache.get(key(2))).toMatchObject({ created: 2 })
})

it('keeps of long values only their digest: the names of a hundred layers are in the result already', () => {
  const { cache, table } = chain(0)
  const stack = Array.from({ length: 100 }, (_, i) => layer(i))
  const components = [
    { name: 'parent', value: stack.join(' ').padEnd(3300) },
    { name: 'cwd', value: '/' },
  ]
  cache.put(key(0), { components, result: { stack, created: 1 }, name: 'step', milliseconds: 1 })
  expect(table.get(key(0))).toMatchObject({ layers: stack, components: [{ name: 'parent' }, components[1]] })
  expect(table.get(key(0))?.components[0]?.value).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(cache.get(key(0))).toEqual({ stack, created: 1 })
})
