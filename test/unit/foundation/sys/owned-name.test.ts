import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bootId, isAbandoned, ownedName, randomName } from '../../../../src/foundation/sys/index.ts'

describe('ownedName', () => {
  it('is fresh each time and owned by this live process', () => {
    const names = new Set(Array.from({ length: 100 }, ownedName))
    expect(names.size).toBe(100)
    for (const name of names) expect(isAbandoned(name)).toBe(false)
  })
  it('is abandoned when the pid is gone, belongs to another process now, or is of another boot', () => {
    const [pid, start, boot, random] = ownedName().split('-')
    const { pid: dead } = spawnSync('true')
    expect(isAbandoned(`${dead}-${start}-${boot}-${random}`)).toBe(true)
    expect(isAbandoned(`${pid}-${Number(start) + 1}-${boot}-${random}`)).toBe(true)
    expect(isAbandoned(`${pid}-${start}-00000000-${random}`)).toBe(true)
  })
  it.each(['', 'tree', randomName(), '1-2-3', bootId(), '1-2-abcdef01-0123456789abcdef.tmp'])(
    'says nothing about the name %j of another kind',
    (name) => expect(isAbandoned(name)).toBe(false),
  )
})
