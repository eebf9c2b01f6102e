import { describe, expect, it } from 'vitest'
import { lowerMountOptions } from '../../../../src/foundation/native/mount-options.ts'

describe('lowerMountOptions', () => {
  it('separates attributes, propagation and options of the file system', () => {
    expect(
      lowerMountOptions('tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k', 'rprivate']),
    ).toEqual({
      attrSet: 0x22,
      attrClear: 0x70,
      flags: 0,
      propagation: 0x44000,
      options: ['mode=755', 'size=65536k'],
    })
  })

  it.each([
    [['ro', 'rw'], 0, 1],
    [['rw', 'ro'], 1, 0],
    [['noexec', 'exec', 'nosuid', 'nodev'], 6, 8],
    [['noatime', 'relatime'], 0, 0x70],
  ])('lets the later word win: %j', (words, attrSet, attrClear) => {
    expect(lowerMountOptions('tmpfs', words)).toMatchObject({ attrSet, attrClear })
  })

  it('makes binds read-only all the way down when it is said', () => {
    expect(lowerMountOptions('bind', ['rbind', 'ro']).flags).toBe(3)
    expect(lowerMountOptions('bind', ['rbind', 'rro']).flags).toBe(7)
    expect(lowerMountOptions('bind', ['rbind']).flags).toBe(3)
    expect(lowerMountOptions('bind', ['bind', 'ro']).flags).toBe(1)
    expect(lowerMountOptions('bind', []).flags).toBe(1)
    expect(lowerMountOptions('none', ['bind', 'rro']).flags).toBe(5)
  })

  it('drops words without a meaning here', () => {
    expect(lowerMountOptions('proc', ['defaults', 'async']).options).toEqual([])
  })
})
