import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterEach, beforeEach, expect, it } from 'vitest'

let directory: string
let child: ChildProcess | undefined
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-killed-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** Writes one chunk of a target, says so, and waits for ever; with `finish` it writes the target. */
const program = `
import { writeTargetFile } from ${JSON.stringify(join(import.meta.dirname, '../../../../src/store/archive/target-file.ts'))}
await writeTargetFile(process.argv[2], async (sink) => {
  sink.write(Buffer.alloc(1 << 20))
  if (process.argv[3] === 'finish') return
  process.stdout.write('half')
  await new Promise(() => setInterval(() => {}, 1000))
})
`

const start = (mode: string): ChildProcess =>
  spawn(process.execPath, [join(directory, 'save.mjs'), join(directory, 'out/image.tar'), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

const ended = (process: ChildProcess): Promise<void> =>
  new Promise((resolve) => process.once('close', () => resolve()))

it('a save that is killed leaves no target, and its leftovers go with the next save', async () => {
  await build({
    stdin: { contents: program, resolveDir: directory },
    outfile: join(directory, 'save.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  mkdirSync(join(directory, 'out'))
  child = start('wait')
  await new Promise((resolve) => child?.stdout?.once('data', resolve))
  const killed = ended(child)
  child.kill('SIGKILL')
  await killed
  expect(readdirSync(join(directory, 'out'))).toEqual([expect.stringMatching(/^\.image\.tar\./)])
  // The kernel forgets the process a moment after it is reaped.
  await sleep(20)
  child = start('finish')
  await ended(child)
  expect(readdirSync(join(directory, 'out'))).toEqual(['image.tar'])
})
