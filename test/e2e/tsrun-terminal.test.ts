import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { freshName, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { type Outcome, runCommand, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

type Step =
  | { readonly expect: string }
  | { readonly send: string }
  | { readonly resize: readonly [rows: number, columns: number] }

// Debian's python3-pexpect belongs to the system's python.
const python = ['/usr/bin/python3', 'python3'].find(
  (path) => spawnSync(path, ['-c', 'import pexpect']).status === 0,
)
if (python === undefined) process.stderr.write('tsrun-terminal: skipped, python3-pexpect is not installed\n')

const inTerminal = (args: readonly string[], steps: readonly Step[]): Promise<Outcome> =>
  runCommand(
    python ?? 'python3',
    [
      join(import.meta.dirname, '../support/e2e/terminal-driver.py'),
      join(import.meta.dirname, '../../bin/tsrun'),
      ...args,
    ],
    {
      input: steps.map((step) => `${JSON.stringify(step)}\n`).join(''),
      env: { TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
    },
  )

test.skipIf(python === undefined)(
  '-it: a terminal with our size, resized with ours, Ctrl-C, the exit code',
  async () => {
    const outcome = await inTerminal(
      ['--rm', '-it', 'busybox', 'sh'],
      [
        { expect: '# ' },
        { send: 'tty; stty size\n' },
        { expect: '/dev/pts/0\\s+30 90\\s' },
        { expect: '# ' },
        { resize: [40, 120] },
        // The shell has no way to wait for the change, so it asks until it sees it.
        { send: 'until stty size | grep "40 120"; do sleep 0.05; done\n' },
        { expect: '\\n40 120\\s' },
        { expect: '# ' },
        { send: 'echo run; sleep 1000\n' },
        { expect: '\\nrun\\s' },
        { send: '\u0003' },
        { expect: '# ' },
        { send: 'echo code $?\n' },
        { expect: '\\ncode 130\\s' },
        { send: 'exit 7\n' },
      ],
    )
    expect(outcome).toMatchObject({ code: 7, stderr: '' })
  },
)

test.skipIf(python === undefined)('-t: nothing of the output is lost at the end', async () => {
  const outcome = await inTerminal(['--rm', '-t', 'busybox', 'seq', '1', '20000'], [])
  expect(outcome.code).toBe(0)
  expect(outcome.stdout.trim().split(/\s+/)).toHaveLength(20000)
})

test.skipIf(python === undefined)('exec -it', async () => {
  const name = freshName()
  await using _ = await startDetached('--name', name, 'busybox', 'sleep', '1000')
  const outcome = await inTerminal(
    ['exec', '-it', name, 'sh'],
    [
      { expect: '# ' },
      { send: 'tty; stty size; echo $TERM\n' },
      { expect: '/dev/pts/\\d+\\s+30 90\\s+xterm' },
      { resize: [41, 121] },
      { send: 'until stty size | grep "41 121"; do sleep 0.05; done\n' },
      { expect: '\\n41 121\\s' },
      { send: 'exit 9\n' },
    ],
  )
  expect(outcome).toMatchObject({ code: 9, stderr: '' })
})

test('-it without a terminal is refused with a hint', async () => {
  const outcome = await tsrun(['--rm', '-it', 'busybox', 'true'])
  expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('leave -t out') })
})

test('-t alone needs no terminal; lines end as terminals end them', async () => {
  expect((await tsrun(['--rm', '-t', 'busybox', 'echo', 'x'])).stdout).toBe('x\r\n')
})

test.skipIf(python === undefined)(
  'without -t: Ctrl-C at the first word of the container reaches it',
  async () => {
    // What starts the container is still about to end then.
    const script = 'trap "exit 9" INT; echo ready; while :; do sleep 0.1; done'
    const steps = [{ expect: 'ready' }, { send: '\u0003' }]
    const outcome = await inTerminal(['--rm', '--net', 'none', 'busybox', 'sh', '-c', script], steps)
    expect(outcome).toMatchObject({ code: 9 })
  },
)
