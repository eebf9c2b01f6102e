import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nativeBinary } from '../../../../src/foundation/native/launch.ts'

/** It is the helper by now, and sleeps: it waits for more of its list. */
const waits = (pid: string): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0pack\0') &&
  / S /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

it('pack ends with who has started it, though its list goes on', async () => {
  const caller = spawn('sh', ['-c', '"$0" fsops pack <&4 >/dev/null & echo $!; wait', nativeBinary()], {
    stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'pipe'],
  })
  const pid = await new Promise<string>((resolve) =>
    caller.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim())),
  )
  try {
    await expect.poll(() => waits(pid), { timeout: 50_000 }).toBe(true)
    caller.kill('SIGKILL')
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 50_000 }).toBe(false)
  } finally {
    for (const stream of caller.stdio) stream?.destroy()
  }
})

it('digest does not begin for a caller who is gone already', () => {
  const base = mkdtempSync(join(tmpdir(), 'tsbuild-caller-'))
  try {
    const [tree, pipe] = [join(base, 'tree'), join(base, 'pipe')]
    mkdirSync(tree)
    writeFileSync(join(tree, 'large'), '')
    // Read to the end, this takes many minutes.
    truncateSync(join(tree, 'large'), 2 ** 40)
    execFileSync('mkfifo', [pipe])
    const reader = openSync(pipe, 'r+')
    const answer = openSync(pipe, 'w')
    closeSync(reader)
    const args = ['fsops', 'digest', tree, '0']
    const { status, signal } = spawnSync(nativeBinary(), args, {
      stdio: ['ignore', answer, 'ignore'],
      timeout: 50_000,
    })
    closeSync(answer)
    expect({ status, signal }).toEqual({ status: 1, signal: null })
  } finally {
    rmSync(base, { recursive: true })
  }
})
