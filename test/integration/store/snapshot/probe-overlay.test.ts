import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStoreRoot, probeOverlay } from '../../../../src/store/snapshot/index.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-probe-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

describe('probeOverlay', () => {
  it('is true on an ordinary file system, and leaves nothing', async () => {
    const root = openStoreRoot(join(temp, 'store'))
    expect(await probeOverlay(root)).toBe(true)
    expect(readdirSync(join(root, 'active'))).toEqual([])
  })
  it('is false where upperdirs cannot be, as on another overlay', async () => {
    const below = (name: string): string => join(temp, name)
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(below(name))
    const options = `lowerdir=${below('lower')},upperdir=${below('upper')},workdir=${below('work')}`
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, below('merged')])
    try {
      expect(await probeOverlay(openStoreRoot(join(temp, 'merged/store')))).toBe(false)
    } finally {
      execFileSync('umount', [below('merged')])
    }
  })
})
