import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeRequest, nativeBinary } from '../../../../src/foundation/native/index.ts'
import { bedsOfTests, plainProcess, plainRequest } from '../../../support/container-request.ts'

const freshBed = bedsOfTests()

/** Arguments of `monitor` for a container that runs a program, not as the first process of a namespace: signals end it. */
const container = (...args: readonly string[]): readonly string[] => {
  const bed = freshBed()
  const dir = join(bed.path, 'state')
  mkdirSync(dir)
  const request = plainRequest(bed, plainProcess(args), {
    linux: { namespaces: [{ type: 'mount' }] },
  })
  writeFileSync(join(dir, 'request.bin'), encodeRequest(request))
  return ['--dir', dir]
}

/** What tsrun's Node does, in a few lines: `start(words)` returns the events until the container runs or cannot. */
const prelude = `
const fs = require('node:fs')
const fd = Number(process.env.TSBUILD_FRONT.split(':')[0])
const start = (words) => {
  fs.writeSync(fd, 'm' + words.join('\\0'))
  const packet = Buffer.alloc(131072), seen = []
  for (;;) {
    const text = packet.toString('utf8', 0, fs.readSync(fd, packet))
    if (text === '' || text === 'gone') return [...seen, 'gone']
    seen.push(JSON.parse(text).event)
    if (seen.at(-1) === 'started' || seen.at(-1) === 'error') return seen
  }
}
const words = process.argv.slice(1)
`

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly text: string
}

interface Front {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when `word` was written. */
  readonly says: (word: string) => Promise<void>
}

const front = (program: string, words: readonly string[], by = 'exec "$@"'): Front => {
  const argv = [nativeBinary(), 'front', process.execPath, '-e', prelude + program, '--', ...words]
  const child = spawn('sh', ['-c', by, 'sh', ...argv], { stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  let look = (): void => undefined
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      look()
    })
  const says = (word: string): Promise<void> =>
    new Promise((resolve) => {
      look = () => text.includes(word) && resolve()
      look()
    })
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, text })),
  )
  return { child, ended, says }
}

/** Longer than anything here takes. */
const forever = 'while :; do sleep 0.05; done'

const shell = (script: string): readonly string[] => container('sh', '-c', script)

describe('a program that runs under the front', () => {
  it('gives its exit code as long as it starts no container', async () => {
    expect(await front('process.exit(7)', []).ended).toMatchObject({ code: 7 })
  })
  it('ends the front with the signal that ended it', async () => {
    expect(await front("process.kill(process.pid, 'SIGTERM')", []).ended).toMatchObject({ signal: 'SIGTERM' })
  })
  it('gets signals that the front gets', async () => {
    const { child, ended, says } = front(
      `process.on('SIGUSR1', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up')`,
      [],
    )
    await says('up')
    child.kill('SIGUSR1')
    expect(await ended).toMatchObject({ code: 9 })
  })
  // Between the two this process may be put aside for longer than a moment.
  it('gets a signal once that comes twice at the same moment', { retry: 5 }, async () => {
    const { child, ended, says } = front(
      `let n = 0
      process.on('SIGTERM', () => { n++; console.log('asked') }); process.on('SIGUSR1', () => process.exit(10 + n))
      setInterval(() => {}, 1000); console.log('up')`,
      [],
    )
    await says('up')
    child.kill('SIGTERM')
    child.kill('SIGTERM')
    await says('asked')
    child.kill('SIGUSR1')
    expect(await ended).toMatchObject({ code: 11 })
  })
  it('that is not there is said to be missing', async () => {
    const child = spawn(nativeBinary(), ['front', 'no-such-program'], { stdio: 'ignore' })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(127)
  })
})

describe('a container that the front starts', () => {
  it('gives its exit code and all of its output, whatever the program ends with', async () => {
    const words = shell('head -c 1000000 /dev/zero | tr "\\\\0" x; exit 5')
    const { code, text } = await front('start(words); process.exit(1)', words).ended
    expect([code, text.length]).toEqual([5, 1_000_000])
  })
  it('is said not to run when its monitor cannot start it', async () => {
    const { code, text } = await front('console.log(start(words).join()); process.exit(4)', [
      '--dir',
      '/nonexistent',
    ]).ended
    expect([code, text]).toEqual([4, 'error\n'])
  })
  it('gets the signals that came before it ran, though the program does nothing with them', async () => {
    const program = `process.on('SIGTERM', () => {}); process.kill(process.ppid, 'SIGTERM'); start(words)`
    expect(await front(program, shell(forever)).ended).toMatchObject({ code: 143 })
  })
  it('gets signals once it runs, though the program still lives', async () => {
    const { child, ended, says } = front(
      `start(words); console.log('runs'); process.stdin.resume(); process.stdin.on('end', () => {})`,
      shell(`trap 'echo caught' USR1; trap 'exit 3' TERM; echo ready; ${forever}`),
    )
    await says('runs')
    await says('ready')
    child.kill('SIGUSR1')
    await says('caught')
    child.kill('SIGTERM')
    child.stdin?.end()
    expect(await ended).toMatchObject({ code: 3 })
  })
  it('is killed when it was asked three times to end', async () => {
    const { child, ended, says } = front('start(words)', shell(`trap 'echo one' INT; echo ready; ${forever}`))
    await says('ready')
    for (const word of ['one', 'one\none', 'asked three times']) {
      child.kill('SIGINT')
      await says(word)
    }
    expect(await ended).toMatchObject({ code: 137 })
  })
  it('gets none of the signals ignored that the caller ignores', async () => {
    const words = container('cat', '/proc/self/status')
    const { text } = await front('start(words)', words, `trap '' INT HUP USR1; exec "$@"`).ended
    expect(text).toMatch(/^SigBlk:\s+0+$/m)
    expect(text).toMatch(/^SigIgn:\s+0+$/m)
  })
  it.each(['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])(
    'ends as always when the caller closes %s',
    async (closed) => {
      const { code } = await front(
        'start(words)',
        shell('echo out; echo err >&2; exit 6'),
        `exec "$@" ${closed}`,
      ).ended
      expect(code).toBe(6)
    },
  )
  it('ends with a front that is killed, and with one that is killed while it starts', async () => {
    const { child, ended, says } = front('start(words)', shell(`echo pid $$; ${forever}`))
    await says('pid ')
    child.kill('SIGKILL')
    // The monitor and the container hold our pipes: they are closed when both are gone.
    expect(await ended).toMatchObject({ signal: 'SIGKILL' })
    const early = front(
      `fs.writeSync(fd, 'm' + words.join('\\0')); process.kill(process.ppid, 'SIGKILL')`,
      shell(forever),
    )
    expect(await early.ended).toMatchObject({ signal: 'SIGKILL' })
  })
  it('ends when the program is killed before it ran', async () => {
    const program = `fs.writeSync(fd, 'm' + words.join('\\0')); process.kill(process.pid, 'SIGKILL')`
    const { code, signal } = await front(program, shell('sleep 0.2; exit 3')).ended
    // Either it ran already, and goes on, or the front ends as the program did.
    expect(signal === 'SIGKILL' || code === 3).toBe(true)
  })
})
