import { describe, expect, it } from 'vitest'
import { pruneFilter } from '../../../../src/cli/run/prune.ts'
import type { Container } from '../../../../src/engine/index.ts'

const now = Date.parse('2026-01-31T12:00:00Z')
const made = (created: string, labels: Readonly<Record<string, string>>): Container =>
  ({ record: { created, options: { config: { Labels: labels } } } }) as unknown as Container

describe('what container prune means', () => {
  const old = made('2026-01-31T10:00:00Z', { a: '1' })
  const fresh = made('2026-01-31T11:59:00Z', { a: '2', b: '' })
  it.each<[readonly string[], boolean, boolean]>([
    [[], true, true],
    [['until=1h'], true, false],
    [['until=1h', 'until=2026-01-31T11:59:30Z'], true, false],
    [['label=a'], true, true],
    [['label=a=1'], true, false],
    [['label=a', 'label=b'], false, true],
    [['label!=b'], true, false],
    [['label!=a=2'], true, false],
    [['label=toString'], false, false],
  ])('%j', (filters, first, second) => {
    const matches = pruneFilter(filters, now)
    expect([matches(old), matches(fresh)]).toEqual([first, second])
  })

  it.each(['name=x', 'until', 'until=x', 'labels=a'])('refuses %s', (filter) =>
    expect(() => pruneFilter([filter], now)).toThrow(expect.objectContaining({ code: 'usage' })),
  )
})
