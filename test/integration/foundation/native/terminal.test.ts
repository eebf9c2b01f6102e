// Drives the helper from a real terminal, made by script(1), as a person's shell would.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeRequest, nativeBinary } from '../../../../src/foundation/native/index.ts'
import {
  bedsOfTests,
  type OverlayBed,
  plainProcess,
  plainRequest,
  run,
} from '../../../support/container-request.ts'

const freshBed = bedsOfTests()

const terminal = (script: string, size?: { height: number; width: number }) =>
  plainProcess(['sh', '-c', script], {
    terminal: true,
    env: ['PATH=/bin', 'TERM=xterm'],
    ...(size === undefined ? {} : { consoleSize: size }),
  })

describe('a terminal', () => {
  it('is given with its size, as controlling terminal and console', async () => {
    const ran = await run(
      plainRequest(
        freshBed(),
        terminal(
          'tty; stty size; test -t 0 && test -t 2 && echo all; ls -l /dev/console; echo hi > /dev/tty; echo c > /dev/console',
          { height: 30, width: 90 },
        ),
      ),
    )
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('/dev/pts/0\r\n30 90\r\nall\r\n')
    expect(ran.stdout).toMatch(/crw--w----.*136,\s+0/)
    expect(ran.stdout).toContain('hi\r\nc\r\n')
  })

  it('passes the code on and loses nothing', async () => {
    const ran = await run(plainRequest(freshBed(), terminal('yes 0123456789 | head -n 50000; exit 6')))
    expect(ran.code).toBe(6)
    expect(ran.stdout).toBe('0123456789\r\n'.repeat(50_000))
  })

  it('brings input, and its end', async () => {
    const ran = await run(plainRequest(freshBed(), terminal('stty -echo; cat')), {
      input: Buffer.from('line\n'),
    })
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('line\r\n')
  })

  it('belongs to the user and to init too', async () => {
    const process = {
      ...terminal('tty; echo x > $(tty); echo ok'),
      user: { uid: 99, gid: 99, additionalGids: [] },
    }
    const ran = await run(plainRequest(freshBed(), process, { init: true }))
    expect(ran.stdout).toContain('x\r\nok\r\n')
  })

  it('is not the one of a devpts link in the image (31)', async () => {
    const bed = freshBed()
    const { mkdirSync, symlinkSync } = await import('node:fs')
    mkdirSync(join(bed.lower, 'dev'))
    symlinkSync('/dev/pts', join(bed.lower, 'dev/pts'))
    const request = plainRequest(bed, terminal('tty'))
    const mounts = request.spec.mounts.filter(({ destination }) => !destination.startsWith('/dev'))
    const outcome = run({ ...request, spec: { ...request.spec, mounts } })
    await expect(outcome).rejects.toMatchObject({ step: 'terminal' })
  })
})

/** A shell script that runs the helper with a request on descriptor 3; in the terminal of script(1). */
const throughScript = (request: Uint8Array, bed: OverlayBed): string => {
  const [file, driver] = [join(bed.path, 'request'), join(bed.path, 'driver.cjs')]
  writeFileSync(file, request)
  writeFileSync(
    driver,
    `const { spawn } = require('node:child_process')
     const child = spawn(process.argv[2], ['exec'], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] })
     child.stdio[3].write(require('node:fs').readFileSync(process.argv[3]))
     let text = ''
     child.stdio[3].on('data', (data) => { text += data })
     child.on('close', () => process.exit(JSON.parse(text.trim().split('\\n').at(-1)).code))`,
  )
  return `${process.execPath} ${driver} ${nativeBinary()} ${file}`
}

describe('between two terminals', () => {
  it('the size is taken over, the code comes back, the terminal is restored', () => {
    const bed = freshBed()
    const command = throughScript(encodeRequest(plainRequest(bed, terminal('stty size; exit 5'))), bed)
    const shell = `stty rows 41 cols 123; before=$(stty -g); ${command}; echo code=$?; test "$before" = "$(stty -g)" && echo restored`
    const result = spawnSync('script', ['-qec', shell, '/dev/null'], { encoding: 'utf8', input: '' })
    expect(result.stdout).toContain('41 123\r\n')
    expect(result.stdout).toContain('code=5\r\nrestored')
  })

  it('a resize arrives', async () => {
    const bed = freshBed()
    const script =
      'trap "stty size; exit 0" WINCH; echo ready; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; done; exit 1'
    const command = throughScript(encodeRequest(plainRequest(bed, terminal(script))), bed)
    const child = spawn('script', ['-qec', `tty; ${command}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString()
      const tty = /^(\/dev\/pts\/\d+)/.exec(text)?.[1]
      if (tty !== undefined && text.includes('ready')) {
        text = text.replace('ready', 'seen')
        execFileSync('stty', ['-F', tty, 'rows', '17', 'cols', '71'])
      }
    })
    await new Promise((resolve) => child.once('close', resolve))
    expect(text).toContain('17 71')
  })

  it('keys go through: Ctrl-C ends the program', async () => {
    const bed = freshBed()
    const command = throughScript(
      encodeRequest(plainRequest(bed, terminal('echo ready; sleep 20'), { init: true })),
      bed,
    )
    const child = spawn('script', ['-qec', `${command}; echo code=$?`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    let pressed = false
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString()
      if (!pressed && text.includes('ready')) {
        pressed = true
        setTimeout(() => child.stdin.write('\x03'), 100)
      }
    })
    await new Promise((resolve) => child.once('close', resolve))
    expect(text).toContain('code=130')
  })
})

describe('a terminal of the caller', () => {
  it('is not handed to a program without one of its own (57)', () => {
    const bed = freshBed()
    const request = plainRequest(bed, [
      'sh',
      '-c',
      'test -t 0 || test -t 1 || echo none; ls -l /proc/self/fd',
    ])
    const result = spawnSync('script', ['-qec', throughScript(encodeRequest(request), bed), '/dev/null'], {
      encoding: 'utf8',
      input: '',
    })
    expect(result.stdout).toContain('none')
    expect(result.stdout).not.toMatch(/[012] -> \/dev\//)
  })
})
