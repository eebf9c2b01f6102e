import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
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
