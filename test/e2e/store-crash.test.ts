import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runAtCalls } from '../crash/run-at-calls.ts'
import { runCrashes } from '../crash/run-crashes.ts'
import { makeWorld, type World } from '../crash/world.ts'

/** Short forms of `npm run crash`, in one store. */
const work = mkdtempSync(join(tmpdir(), 'tsbuild-store-crash-'))
let world: World
const lines: string[] = []
const say = (text: string): void => void lines.push(text)
beforeAll(async () => {
  world = await makeWorld(work, 2, 3)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  rmSync(work, { recursive: true, force: true })
})

it('commands killed just before a call that changes the file system: nothing is lost, false or left over', async () => {
  const verdict = await runAtCalls(world, { seed: 5, moments: 3, only: ['load'], brief: true, say })
  expect(verdict.problems, lines.join('\n')).toEqual([])
  expect(verdict.kills).toBeGreaterThan(0)
})

/** A time ends it where the machine is slow. */
it('commands of several processes, killed at any moment: nothing is lost, false or left over', async () => {
  const verdict = await runCrashes(world, { kills: 14, seconds: 12, seed: 5, workers: 3, every: 14, say })
  expect(verdict.problems, lines.join('\n')).toEqual([])
  expect(verdict.commands).toBeGreaterThan(0)
})
