import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCrashes } from '../crash/run-crashes.ts'
import { makeWorld } from '../crash/world.ts'

/** A short form of `npm run crash`; a time ends it where the machine is slow. */
it('commands of several processes, killed at any moment: nothing is lost, false or left over', async () => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-store-crash-'))
  try {
    await using world = await makeWorld(work, 2)
    const lines: string[] = []
    const verdict = await runCrashes(world, {
      kills: 14,
      seconds: 12,
      seed: 5,
      workers: 3,
      every: 14,
      say: (text) => lines.push(text),
    })
    expect(verdict.problems, lines.join('\n')).toEqual([])
    expect(verdict.commands).toBeGreaterThan(0)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})
