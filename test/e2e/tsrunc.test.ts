import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bundle, makeBundle } from '../support/e2e/bundle.ts'
import { expectCode, runCommand } from '../support/e2e/rig.ts'

let bundle: Bundle
const id = `e2e-${process.pid}`

beforeEach(() => {
  bundle = makeBundle()
})

afterEach(async () => {
  await bundle.tsrunc('delete', '--force', id)
  bundle[Symbol.dispose]()
})

const eventually = async (what: string, check: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 600; i++) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`never: ${what}`)
}

const ok = async (...args: readonly string[]): Promise<string> =>
  expectCode(await bundle.tsrunc(...args)).stdout

const state = async (): Promise<{ status: string; pid: number; bundle: string }> => {
  const found: unknown = JSON.parse(await ok('state', id))
  return found as { status: string; pid: number; bundle: string }
}

const inRoot = (name: string): string => join(bundle.path, 'rootfs', name)

const cgroupsLeft = (): readonly string[] =>
  readdirSync('/sys/fs/cgroup')
    .map((name) => join('/sys/fs/cgroup', name, 'tsrunc', id))
    .concat(join('/sys/fs/cgroup/tsrunc', id))
    .filter(existsSync)

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('life cycle', () => {
  test('is created, started, paused, killed and deleted', async () => {
    bundle.configure('echo ran > /ran; exec sleep 1000')
    await ok('create', '--bundle', bundle.path, '--pid-file', join(bundle.path, 'pid'), id)
    const created = await state()
    expect(created).toMatchObject({ status: 'created', bundle: bundle.path })
    expect(readFileSync(join(bundle.path, 'pid'), 'utf8')).toBe(String(created.pid))
    expect(existsSync(inRoot('ran'))).toBe(false)
    await ok('start', id)
    await eventually('the program runs', () => existsSync(inRoot('ran')))
    expect((await state()).status).toBe('running')
    expect(JSON.parse(await ok('ps', '--format', 'json', id))).toEqual([created.pid])
    expect((await bundle.tsrunc('start', id)).stderr).toContain('cannot start an already running container')
    expect((await bundle.tsrunc('delete', id)).stderr).toContain('cannot delete container')
    await ok('pause', id)
    expect((await state()).status).toBe('paused')
    await ok('resume', id)
    await ok('kill', id, 'KILL')
    await eventually('it is stopped', async () => (await state()).status === 'stopped')
    expect((await bundle.tsrunc('kill', id)).stderr).toContain('container not running')
    await ok('delete', id)
    expect((await bundle.tsrunc('state', id)).stderr).toContain('does not exist')
    expect(cgroupsLeft()).toEqual([])
    expect(readdirSync(bundle.state).filter((name) => !name.startsWith('.'))).toEqual([])
  })

  test('run waits, gives the exit code and removes', async () => {
    bundle.configure('hostname; exit 7')
    const outcome = await bundle.tsrunc('run', '--bundle', bundle.path, id)
    expect(outcome).toMatchObject({ code: 7, stdout: 'bundle\n' })
    expect((await ok('list', '--quiet')).trim()).toBe('')
    expect(cgroupsLeft()).toEqual([])
  })

  test('a program that is not there is told by create, and nothing is left', async () => {
    bundle.configure('', (config) => {
      config.process['args'] = ['nosuch']
    })
    const outcome = await bundle.tsrunc('create', '--bundle', bundle.path, id)
    expect(outcome.code).toBe(127)
    expect(outcome.stderr).toContain('exec: "nosuch": executable file not found in $PATH')
    const entry: unknown = JSON.parse(readFileSync(join(bundle.path, 'log.json'), 'utf8'))
    expect(entry).toMatchObject({ level: 'error', msg: expect.stringContaining('"nosuch"') })
    expect(existsSync(join(bundle.state, id))).toBe(false)
    expect(cgroupsLeft()).toEqual([])
  })

  test('exec runs in the container: code, user, directory, environment', async () => {
    bundle.configure('exec sleep 1000')
    await ok('run', '--detach', '--bundle', bundle.path, id)
    const script = 'id -u; pwd; echo $WORD; hostname; exit 5'
    const outcome = await bundle.tsrunc(
      'exec',
      '--user=7:8',
      '--cwd=/tmp',
      '--env=WORD=a',
      id,
      'sh',
      '-c',
      script,
    )
    expect(outcome).toMatchObject({ code: 5, stdout: '7\n/tmp\na\nbundle\n' })
    expect((await bundle.tsrunc('exec', id, 'nosuch')).stderr).toContain('executable file not found')
    await ok('exec', '--detach', id, 'touch', '/detached')
    await eventually('the detached one has run', () => existsSync(inRoot('detached')))
  })

  test('limits of the bundle hold, and are changed by update', async () => {
    bundle.configure('exec sleep 1000', (config) => {
      config.linux['resources'] = { pids: { limit: 40 }, memory: { limit: 64 << 20 } }
    })
    await ok('run', '--detach', '--bundle', bundle.path, id)
    const pids = (): string => {
      const file = ['/sys/fs/cgroup/pids/tsrunc', '/sys/fs/cgroup/tsrunc']
        .map((parent) => join(parent, id, 'pids.max'))
        .find(existsSync)
      return file === undefined ? '' : readFileSync(file, 'utf8').trim()
    }
    expect(pids()).toBe('40')
    await ok('update', '--pids-limit', '50', id)
    expect(pids()).toBe('50')
  })
})

describe('hooks', () => {
  test('run at their moments with the state on standard input', async () => {
    const log = join(bundle.path, 'hooks')
    const script = join(bundle.path, 'hook.sh')
    const body = `#!/bin/sh\nexport PATH=/bin:/usr/bin\necho "$1 $(cat)" >> $2\n`
    writeFileSync(script, body, { mode: 0o755 })
    writeFileSync(inRoot('hook.sh'), body, { mode: 0o755 })
    const hook = (name: string): unknown[] => [{ path: script, args: ['hook', name, log] }]
    bundle.configure('exec sleep 1000', (config) => {
      config['hooks'] = {
        prestart: hook('prestart'),
        createRuntime: hook('createRuntime'),
        createContainer: hook('createContainer'),
        startContainer: [{ path: '/hook.sh', args: ['hook', 'startContainer', '/hooks'] }],
        poststart: hook('poststart'),
        poststop: hook('poststop'),
      }
    })
    const seen = (): readonly string[] =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${line.split(' ', 1)[0]} ${/"status":"(\w+)"/.exec(line)?.[1]}`)
    await ok('create', '--bundle', bundle.path, id)
    expect(seen()).toEqual(['prestart creating', 'createRuntime creating', 'createContainer creating'])
    expect(existsSync(inRoot('hooks'))).toBe(false)
    await ok('start', id)
    expect(readFileSync(inRoot('hooks'), 'utf8')).toContain(`"id":"${id}","pid":1,"status":"created"`)
    await ok('delete', '--force', id)
    expect(seen().slice(3)).toEqual(['poststart running', 'poststop stopped'])
  })

  test('a hook that fails or takes too long stops the creation', async () => {
    for (const [moment, args, timeout] of [
      ['createRuntime', ['sh', '-c', 'echo why >&2; exit 3'], 60],
      ['createContainer', ['sh', '-c', 'exit 3'], 60],
      ['createRuntime', ['sh', '-c', 'exec sleep 1000'], 1],
      ['createContainer', ['sh', '-c', 'exec sleep 1000'], 1],
    ] as const) {
      bundle.configure('exec sleep 1000', (config) => {
        config['hooks'] = { [moment]: [{ path: '/bin/sh', args, env: ['PATH=/bin'], timeout }] }
      })
      const outcome = await bundle.tsrunc('create', '--bundle', bundle.path, id)
      expect(outcome.code).toBe(1)
      expect(outcome.stderr).toContain('hook /bin/sh')
      expect(existsSync(join(bundle.state, id))).toBe(false)
      expect(cgroupsLeft()).toEqual([])
    }
  })
})

describe('terminal', () => {
  const listen = `
import array, os, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
print('listening', flush=True)
connection, _ = server.accept()
_, fds, _, _ = socket.recv_fds(connection, 4096, 1)
os.write(fds[0], b'stty size; tty; echo word-$((1 + 1))\\n')
text = b''
while b'word-2' not in text:
    text += os.read(fds[0], 4096)
print(text.decode())
`
  test('goes to the console socket', async () => {
    const socket = join(bundle.path, 'tty.sock')
    bundle.configure('exec sh', (config) => {
      config.process['terminal'] = true
      config.process['consoleSize'] = { height: 31, width: 91 }
    })
    const reader = runCommand('python3', ['-c', listen, socket])
    await eventually('the socket is there', () => existsSync(socket))
    await ok('create', '--bundle', bundle.path, '--console-socket', socket, id)
    await ok('start', id)
    const { stdout } = expectCode(await reader)
    expect(stdout).toContain('31 91')
    expect(stdout).toContain('/dev/pts/0')
  })

  test('needs a socket when nobody stays', async () => {
    bundle.configure('exec sh', (config) => {
      config.process['terminal'] = true
    })
    expect((await bundle.tsrunc('create', '--bundle', bundle.path, id)).stderr).toContain('console socket')
  })
})

describe('after kill -9', () => {
  test('of the command between create and start, delete --force cleans up', async () => {
    bundle.configure('exec sleep 1000')
    await ok('create', '--bundle', bundle.path, id)
    const { pid } = await state()
    await ok('delete', '--force', id)
    expect(isRunning(pid)).toBe(false)
    expect(cgroupsLeft()).toEqual([])
    expect(existsSync(join(bundle.state, id))).toBe(false)
  })

  test('of the command while it creates, no process is left, and delete --force cleans up', async () => {
    const marker = join(bundle.path, 'hook-runs')
    bundle.configure('exec sleep 1000', (config) => {
      const args = ['sh', '-c', `cat > ${marker}.tmp; mv ${marker}.tmp ${marker}; exec sleep 2`]
      config['hooks'] = { createRuntime: [{ path: '/bin/sh', args, env: ['PATH=/bin:/usr/bin'] }] }
    })
    const [program, ...words] = bundle.commandOf('create', '--bundle', bundle.path, id)
    const child = spawn(program, words, { stdio: 'ignore' })
    await eventually('the hook runs', () => existsSync(marker))
    const { pid } = JSON.parse(readFileSync(marker, 'utf8')) as { pid: number }
    child.kill('SIGKILL')
    await eventually('the container is gone', () => !isRunning(pid))
    expect((await state()).status).toBe('stopped')
    await ok('delete', '--force', id)
    expect(cgroupsLeft()).toEqual([])
    expect((await ok('list', '--quiet')).trim()).toBe('')
  })
})

test('what is not done is refused with a reason', async () => {
  bundle.configure('true')
  expect((await bundle.tsrunc('checkpoint', id)).stderr).toContain('not supported')
  expect((await bundle.tsrunc('--systemd-cgroup', 'state', id)).stderr).toContain('--systemd-cgroup')
  bundle.configure('true', (config) => {
    config.linux['seccomp'] = { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/x' }
  })
  expect((await bundle.tsrunc('run', '--bundle', bundle.path, id)).stderr).toContain('listenerPath')
})
