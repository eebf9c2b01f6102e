import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { launchMonitor } from '../../../../src/runtime/container/launch-monitor.ts'
import { stateFile } from '../../../../src/runtime/container/state-files.ts'

/** The monitor that was started for `dir`, while it waits for somebody to write its request. */
const monitorOf = (dir: string): number | undefined =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return words.includes('monitor') && words.includes(dir)
      } catch {
        return false
      }
    })

it('says that a monitor was killed before the container ran', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-monitor-'))
  try {
    execFileSync('mkfifo', [join(dir, stateFile.request)])
    const launched = launchMonitor({
      dir,
      detached: true,
      interactive: false,
      ownInput: false,
      ports: [],
      life: ['--no-log'],
    })
    const outcome = launched.then(
      () => 'started',
      (error: unknown) => error,
    )
    await expect.poll(() => monitorOf(dir), { timeout: 50_000 }).toBeDefined()
    const pid = monitorOf(dir)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    expect(await outcome).toMatchObject({ code: 'start-failed', exitCode: 125 })
  } finally {
    rmSync(dir, { recursive: true })
  }
})
