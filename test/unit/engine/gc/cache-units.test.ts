import { expect, it } from 'vitest'
import { cacheUnits, chooseUnits, type RememberedStep } from '../../../../src/engine/gc/cache-units.ts'
import { allowedBytes } from '../../../../src/engine/gc/limits.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'

const now = Date.parse('2026-11-22T00:00:00Z')
const day = 24 * 3600_000
const id = (text: string): LayerId => text as LayerId

const step = (key: string, layers: string, over: Partial<RememberedStep> = {}): RememberedStep => ({
  key,
  name: key,
  layers: layers.split(' ').map(id),
  milliseconds: 1000,
  lastUsed: now,
  ...over,
})

const around = (sizes: Readonly<Record<string, number>>, kept: readonly string[] = []) => ({
  kept: new Set(kept.map(id)),
  partsOf: (layer: LayerId) => new Map([[layer, sizes[layer] ?? 100]]),
})

it('takes a layer with all that stands on it, and nothing that images keep', () => {
  const steps = [step('1', 'base'), step('2', 'base a'), step('3', 'base a b'), step('4', 'base c')]
  const units = cacheUnits(steps, around({}, ['base']))
  expect(units.map(({ name, keys, parts }) => [name, keys, [...parts.keys()]])).toEqual([
    ['2', ['2', '3'], ['a', 'b']],
    ['3', ['3'], ['b']],
    ['4', ['4'], ['c']],
  ])
})

it('drops what is worth least for its size first, and no more than it has to', () => {
  const steps = [
    step('slow and small', 'a', { milliseconds: 600_000 }),
    step('fast and big', 'b', { milliseconds: 100 }),
    step('slow and big', 'c', { milliseconds: 600_000 }),
  ]
  const units = cacheUnits(steps, around({ a: 10, b: 1000, c: 1000 }))
  const names = (bytes: number) => chooseUnits(units, bytes, now).map(({ name }) => name)
  expect(names(0)).toEqual([])
  expect(names(1)).toEqual(['fast and big'])
  expect(names(1001)).toEqual(['fast and big', 'slow and big'])
  expect(names(5000)).toEqual(['fast and big', 'slow and big', 'slow and small'])
})

it('thinks less of what nobody has used for long', () => {
  const steps = [
    step('new', 'a', { milliseconds: 1000 }),
    step('old', 'b', { milliseconds: 3000, lastUsed: now - 21 * day }),
  ]
  const [first] = chooseUnits(cacheUnits(steps, around({})), 1, now)
  expect(first?.name).toBe('old')
})

it('counts what overlaps once', () => {
  const steps = [step('1', 'a', { milliseconds: 1 }), step('2', 'a b', { milliseconds: 1 })]
  const chosen = chooseUnits(cacheUnits(steps, around({ a: 100, b: 100 })), 150, now)
  expect(new Set(chosen.flatMap(({ parts }) => [...parts.keys()]))).toEqual(new Set(['a', 'b']))
})

it.each([
  [{}, 0],
  [{ reserved: 50 }, 50],
  [{ maxUsed: 70 }, 70],
  [{ maxUsed: 70, reserved: 80 }, 80],
  [{ minFree: 30 }, 80],
  [{ minFree: 5 }, 100],
  [{ minFree: 30, maxUsed: 60 }, 60],
  [{ minFree: 1000 }, 0],
])('allows under %j of 100 used with 10 free', (limits, allowed) => {
  expect(Math.max(0, allowedBytes(limits, { used: 100, free: 10 }))).toBe(allowed)
})
