import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { eventually, freshName, pidIn, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, type Outcome, runCommand, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const program = join(import.meta.dirname, '../../bin/tsrun')
const environment = () => ({
  ...process.env,
  TSBUILD_ROOT: inject('storeRoot'),
  TSBUILD_RUN: inject('runRoot'),
})

/** Attaches with an input that stays open; its output is collected. */
const attach = (...args: readonly string[]) => {
  const child = spawn(program, ['attach', ...args], { env: environment(), stdio: 'pipe' })
  const seen = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (chunk: Buffer) => {
      seen[stream] += chunk.toString()
    })
  const code = new Promise<number>((resolve) => child.once('close', (number) => resolve(number ?? -1)))
  return { child, seen, code }
}

test('several are attached: all see both streams from then on, and end with its exit code', async () => {
  const name = freshName()
  await using _ = await startDetached(
    ...['--name', name, '-i', '--network', 'none', 'busybox', 'sh', '-c'],
    'echo before; while read line; do echo "out $line"; echo "err $line" >&2; [ "$line" = end ] && exit 6; done',
  )
  await eventually(async () => (await tsrun(['logs', name])).stdout === 'before\n')
  const [one, two] = [attach(name), attach('--no-stdin', name)]
  // Whoever is attached sees what comes back; what was said before is not repeated.
  await eventually(() => {
    one.child.stdin.write('x\n')
    return one.seen.stdout.includes('out x') && two.seen.stdout.includes('out x')
  })
  one.child.stdin.write('end\n')
  expect([await one.code, await two.code]).toEqual([6, 6])
  for (const { seen } of [one, two]) {
    expect(seen.stdout).toMatch(/out end\n$/)
    expect(seen.stderr).toMatch(/err end\n$/)
    expect(seen.stdout).not.toContain('before')
  }
  const again = await tsrun(['attach', name])
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is not running') })
})

test('nothing is lost on the way in or out, and the end of input is the end for one made with -i', async () => {
  const id = expectCode(
    await tsrun(['create', '-i', '--network', 'none', '--log-driver', 'none', 'busybox', 'cat']),
  ).stdout.trim()
  expectCode(await tsrun(['start', id]))
  const input = 'y'.repeat(5_000_000)
  const echoed = await runCommand(program, ['attach', id], {
    input,
    env: { TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
  })
  expect(echoed.code).toBe(0)
  expect(echoed.stdout === input).toBe(true)
  expect(await tsrun(['logs', id])).toMatchObject({ code: 1, stderr: expect.stringContaining('without one') })
  expectCode(await tsrun(['rm', id]))
})

test('the socket is for root only, and the monitor is small', async () => {
  await using container = await startDetached('--network', 'none', 'busybox', 'sleep', '1000')
  expect(statSync(join(container.dir, 'attach')).mode & 0o777).toBe(0o600)
  const status = readFileSync(`/proc/${pidIn(container.dir, 'monitor')}/status`, 'utf8')
  expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])).toBeLessThan(2048)
})

test('signals: passed on, or with --sig-proxy=false it is left alone', async () => {
  const name = freshName()
  await using _ = await startDetached(
    ...['--name', name, '--network', 'none', 'busybox', 'sh', '-c'],
    'trap "echo got; exit 4" TERM; while :; do echo on; sleep 0.1; done',
  )
  const left = attach('--sig-proxy=false', name)
  await eventually(() => left.seen.stdout.includes('on'))
  left.child.kill('SIGTERM')
  expect(await left.code).toBe(1)
  const proxied = attach(name)
  await eventually(() => proxied.seen.stdout.includes('on'))
  proxied.child.kill('SIGTERM')
  expect(await proxied.code).toBe(4)
  expect(proxied.seen.stdout).toMatch(/got\n$/)
})

type Step = { readonly expect: string } | { readonly send: string }
const python = ['/usr/bin/python3', 'python3'].find(
  (path) => spawnSync(path, ['-c', 'import pexpect']).status === 0,
)
if (python === undefined)
  process.stderr.write('tsrun-attach: keys skipped, python3-pexpect is not installed\n')
const inTerminal = (args: readonly string[], steps: readonly Step[]): Promise<Outcome> =>
  runCommand(
    python ?? 'python3',
    [join(import.meta.dirname, '../support/e2e/terminal-driver.py'), program, ...args],
    {
      input: steps.map((step) => `${JSON.stringify(step)}\n`).join(''),
      env: { TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
    },
  )

test.skipIf(python === undefined)('keys leave a terminal: run, attach, exec, start', async () => {
  const name = freshName()
  const prompt = [{ send: 'echo A$((1+1))\r' }, { expect: 'A2' }]
  const leave = { send: '\u0010\u0011' }
  const run = await inTerminal(
    ['-it', '--name', name, '--network', 'none', 'busybox', 'sh'],
    [...prompt, leave],
  )
  expect(run).toMatchObject({ code: 0 })
  await using _ = { [Symbol.asyncDispose]: async () => void (await tsrun(['rm', '-f', name])) }
  expect((await tsrun(['inspect', '-f', '{{.State.Running}}', name])).stdout).toBe('true\n')
  const attached = await inTerminal(['attach', name], [...prompt, leave])
  expect(attached).toMatchObject({ code: 1, stdout: expect.stringContaining('read escape sequence') })
  const keys = await inTerminal(
    ['attach', '--detach-keys', 'ctrl-a,x', name],
    [...prompt, { send: '\u0001x' }],
  )
  expect(keys.code).toBe(1)
  const inside = await inTerminal(['exec', '-it', name, 'sh'], [...prompt, leave])
  expect(inside).toMatchObject({ code: 1, stdout: expect.stringContaining('read escape sequence') })
  expect(expectCode(await tsrun(['top', name])).stdout.match(/ sh$/gm)).toHaveLength(2)
  expect((await inTerminal(['attach', name], [...prompt, { send: 'exit 7\r' }])).code).toBe(7)
  expect((await inTerminal(['start', '-ai', name], [...prompt, leave])).code).toBe(0)
  expect((await tsrun(['attach', '--detach-keys', 'nokey', name])).code).toBe(125)
})

test('a log is put aside when it is full; whoever follows misses nothing', async () => {
  await using container = await startDetached(
    ...['--network', 'none', '--log-opt', 'max-size=4k', '--log-opt', 'max-file=3', 'busybox', 'sh', '-c'],
    'while ! test -e /go; do sleep 0.05; done; for i in $(seq 1 400); do echo line $i; usleep 2000; done',
  )
  const followed = tsrun(['logs', '-f', container.id])
  expectCode(await tsrun(['exec', container.id, 'touch', '/go']))
  const lines = Array.from({ length: 400 }, (_, i) => `line ${i + 1}`)
  const seen = expectCode(await followed)
    .stdout.trimEnd()
    .split('\n')
  // On a slow machine files can go faster than they are read; what is seen is in order and ends with the last line.
  expect(seen.at(-1)).toBe('line 400')
  expect(seen.toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5)))).toEqual(seen)
  expect(readdirSync(container.dir).filter((file) => file.startsWith('log'))).toEqual([
    'log',
    'log.1',
    'log.2',
  ])
  for (const file of ['log.1', 'log.2'])
    expect(statSync(join(container.dir, file)).size).toBeLessThan(4000 + 200)
  const kept = expectCode(await tsrun(['logs', container.id]))
    .stdout.trimEnd()
    .split('\n')
  expect(kept).toEqual(lines.slice(-kept.length))
  expect((await tsrun(['logs', '--tail', '60', container.id])).stdout.trimEnd().split('\n')).toEqual(
    lines.slice(-60),
  )
  expect(existsSync(join(container.dir, 'log.3'))).toBe(false)
})
