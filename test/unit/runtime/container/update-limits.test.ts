import { describe, expect, it } from 'vitest'
import type { ContainerOptions } from '../../../../src/runtime/container/index.ts'
import {
  changedResources,
  type LimitChanges,
  mergedLimits,
} from '../../../../src/runtime/container/update-limits.ts'

const mib = 1 << 20
type Resources = ContainerOptions['resources']
const merge = (old: Resources, wish: LimitChanges, cpus?: number) =>
  // Only these members count.
  mergedLimits({ resources: old, ...(cpus === undefined ? {} : { cpus }) } as ContainerOptions, wish)
const refused = expect.objectContaining({ code: 'bad-limit' }) as unknown

describe('limits as they are to be', () => {
  it.each<[string, Resources, LimitChanges['resources'], Resources]>([
    ['a new one', {}, { pids: { limit: 5 } }, { pids: { limit: 5 } }],
    [
      'others stay',
      { pids: { limit: 5 } },
      { cpu: { shares: 7 } },
      { pids: { limit: 5 }, cpu: { shares: 7 } },
    ],
    ['0 changes nothing', { cpu: { shares: 7 } }, { cpu: { shares: 0, cpus: '' } }, { cpu: { shares: 7 } }],
    [
      'memory that had no limit: as much swap',
      {},
      { memory: { limit: mib } },
      { memory: { limit: mib, swap: 2 * mib } },
    ],
    [
      'the sum stays where it is enough',
      { memory: { limit: mib, swap: 9 * mib } },
      { memory: { limit: 8 * mib } },
      { memory: { limit: 8 * mib, swap: 9 * mib } },
    ],
    [
      'unlimited swap stays so',
      { memory: { limit: mib, swap: -1 } },
      { memory: { limit: 8 * mib } },
      { memory: { limit: 8 * mib, swap: -1 } },
    ],
  ])('%s', (_, old, wish, next) => expect(merge(old, { resources: wish }).resources).toEqual(next))

  it('CPUs replace CPUs, and nothing else', () => {
    const half = { cpu: { quota: 50_000, period: 100_000 } }
    expect(merge(half, { resources: {}, cpus: 2 }, 0.5)).toEqual({
      resources: { cpu: { quota: 200_000, period: 100_000 } },
      cpus: 2,
    })
    expect(() => merge(half, { resources: {}, cpus: 2 })).toThrow(refused)
    expect(() => merge(half, { resources: { cpu: { quota: 9000 } } }, 0.5)).toThrow(refused)
  })

  it('refuses more memory than memory and swap', () =>
    expect(() =>
      merge({ memory: { limit: mib, swap: 2 * mib } }, { resources: { memory: { limit: 3 * mib } } }),
    ).toThrow(refused))
})

describe('what must be written', () => {
  it.each<[string, Resources, LimitChanges, Resources]>([
    [
      'what is said',
      { pids: { limit: 5 }, cpu: { shares: 7 } },
      { resources: { cpu: { shares: 7 } } },
      { cpu: { shares: 7 } },
    ],
    [
      'the period with its quota',
      { cpu: { quota: 5000, period: 50_000, shares: 7 } },
      { resources: { cpu: { period: 50_000 } } },
      { cpu: { quota: 5000, period: 50_000 } },
    ],
    [
      'memory with all that is about it',
      { memory: { limit: mib, swap: 2 * mib } },
      { resources: { memory: { limit: mib } } },
      { memory: { limit: mib, swap: 2 * mib } },
    ],
    [
      'no limit where there was none before',
      {},
      { resources: { pids: { limit: 9 } } },
      { pids: { limit: -1 } },
    ],
    ['nothing', { pids: { limit: 5 } }, { resources: {} }, {}],
  ])('%s', (_, next, wish, changed) => expect(changedResources(next, wish)).toEqual(changed))
})
