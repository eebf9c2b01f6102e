import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import {
  encodeRequest,
  execInContainer,
  nativeBinary,
  runContainer,
} from '../../../../src/foundation/native/index.ts'
import { identify } from '../../../../src/foundation/sys/index.ts'
import { bedsOfTests, plainProcess, plainRequest, run } from '../../../support/container-request.ts'
import { isUnified, makeTestCgroups, removeTestCgroups } from '../../../support/test-cgroup.ts'

const freshBed = bedsOfTests()

const isRunning = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const until = async (what: () => boolean): Promise<void> => {
  for (let i = 0; i < 4000 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(what()).toBe(true)
}

const controllers = ['memory', 'pids', 'cpu']

describe('cgroups', () => {
  it('are joined before the program runs, and removed at the end', async () => {
    const cgroups = makeTestCgroups('join', controllers)
    try {
      const ran = await run(
        plainRequest(freshBed(), ['cat', '/proc/self/cgroup'], {
          cgroups,
          linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }] },
        }),
      )
      for (const path of cgroups) {
        expect(ran.stdout).toContain(`/${path.split('/').at(-1)}\n`)
        expect(existsSync(path)).toBe(false)
      }
    } finally {
      removeTestCgroups(cgroups)
    }
  })

  it('are the root of the cgroup namespace, and shown read-only (56)', async () => {
    const cgroups = makeTestCgroups('root', controllers)
    try {
      const ran = await run(
        plainRequest(
          freshBed(),
          [
            'sh',
            '-c',
            'cat /proc/self/cgroup; ls /sys/fs/cgroup; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x; echo 1 > /sys/fs/cgroup/memory/notify_on_release',
          ],
          { cgroups },
        ),
      )
      for (const path of cgroups) expect(ran.stdout).not.toContain(path.split('/').at(-1))
      if (!isUnified()) expect(ran.stdout).toContain('cpu\nmemory\npids\n')
      expect(ran.stderr.match(/Read-only file system|Permission denied|nonexistent/g)).toHaveLength(3)
    } finally {
      removeTestCgroups(cgroups)
    }
  })

  it('report a kill for memory', async () => {
    const cgroups = makeTestCgroups('oom', ['memory'])
    try {
      writeFileSync(
        join(cgroups[0] ?? '', isUnified() ? 'memory.max' : 'memory.limit_in_bytes'),
        String(16 << 20),
      )
      const ran = await run(
        plainRequest(freshBed(), ['sh', '-c', 'x=0123456789; while :; do x=$x$x; done'], { cgroups }),
      )
      expect(ran).toMatchObject({ code: 137, signal: 9, oomKilled: true })
    } finally {
      removeTestCgroups(cgroups)
    }
  })

  it('are removed when the set-up fails', async () => {
    const cgroups = makeTestCgroups('fail', controllers)
    try {
      const request = plainRequest(freshBed(), plainProcess(['true'], { cwd: '/bin/busybox/x' }), { cgroups })
      await expect(run(request)).rejects.toMatchObject({ step: 'cwd' })
      for (const path of cgroups) expect(existsSync(path)).toBe(false)
    } finally {
      removeTestCgroups(cgroups)
    }
  })
})

/** The helper under a shell-like parent of its own that can be killed: a Node process that holds the control socket. */
const startUnderParent = async (request: Uint8Array): Promise<{ parent: number; pid: number }> => {
  const script = `
    const child = require('node:child_process').spawn(process.argv[1], ['exec'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    child.stdio[3].write(Buffer.from(process.argv[2], 'base64'))
    child.stdio[3].on('data', (line) => process.stdout.write(line))`
  const parent = spawn(process.execPath, [
    '-e',
    script,
    nativeBinary(),
    Buffer.from(request).toString('base64'),
  ])
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (data: Buffer) => resolve(data.toString())),
  )
  const pid: unknown = (JSON.parse(line) as { pid: unknown }).pid
  return { parent: parent.pid ?? 0, pid: Number(pid) }
}

describe('when the parent is killed', () => {
  it('nothing is left', async () => {
    const bed = freshBed()
    const cgroups = makeTestCgroups('orphan', controllers)
    try {
      const request = plainRequest(bed, ['sh', '-c', 'sleep 600 & sleep 600 & wait'], { cgroups })
      const { parent, pid } = await startUnderParent(encodeRequest(request))
      expect(isRunning(pid)).toBe(true)
      process.kill(parent, 'SIGKILL')
      await until(() => !isRunning(pid) && cgroups.every((path) => !existsSync(path)))
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(bed.path)
    } finally {
      removeTestCgroups(cgroups)
    }
  })

  it('the container dies with the helper', async () => {
    const cgroups = makeTestCgroups('helper', controllers)
    try {
      let container = 0
      const request = plainRequest(freshBed(), ['sh', '-c', 'sleep 600 & sleep 600'], { cgroups })
      const running = runContainer(
        request,
        { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
        {
          onStarted: (pid) => {
            container = pid
            const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
            process.kill(parent, 'SIGKILL')
          },
        },
      )
      await expect(running).rejects.toMatchObject({
        code: 'native-died',
        message: expect.stringContaining('was killed by SIGKILL'),
        hint: expect.stringContaining('memory'),
      })
      await until(() => !isRunning(container))
      for (const path of cgroups) expect(existsSync(path)).toBe(false)
    } finally {
      removeTestCgroups(cgroups)
    }
  })
})

describe('when nobody reads the output any more', () => {
  it('the program is told', async () => {
    const child = spawn(nativeBinary(), ['exec'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
    const control = child.stdio[3]
    const { stdout } = child
    if (!(control instanceof Duplex) || !stdout) throw new Error('unreachable')
    let text = ''
    control.on('data', (data: Buffer) => {
      text += data.toString()
    })
    control.write(encodeRequest(plainRequest(freshBed(), ['yes'], { init: true })))
    stdout.once('data', () => stdout.destroy())
    await new Promise((resolve) => child.once('exit', resolve))
    expect(text).toContain('"code":141')
  })
})

describe('signals', () => {
  it.each([false, true])('given to the helper reach the program (init %s)', async (init) => {
    let helper = 0
    let stdout = ''
    let told = false
    const tell = (): void => {
      if (told || helper === 0 || !stdout.includes('up')) return
      told = true
      process.kill(helper, 'SIGTERM')
    }
    const ran = await run(
      plainRequest(
        freshBed(),
        ['sh', '-c', 'trap "echo got; exit 3" TERM; echo up; while :; do sleep 0.05; done'],
        { init },
      ),
      {
        onStarted: (pid) => {
          helper = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
          tell()
        },
        onOutput: (_, chunk) => {
          stdout += Buffer.from(chunk).toString()
          tell()
        },
      },
    )
    expect({ code: ran.code, stdout }).toEqual({ code: 3, stdout: 'up\ngot\n' })
  })

  it('init reaps what is left to it', async () => {
    const ran = await run(
      plainRequest(
        freshBed(),
        ['sh', '-c', '(sleep 0.1 & exit 0); sleep 0.4; ps -o pid,stat,comm; echo done'],
        { init: true },
      ),
    )
    expect(ran.stdout).toContain('done')
    expect(ran.stdout).not.toMatch(/ Z /)
  })
})

describe('exec into a container', () => {
  const withContainer = async (
    body: (pid: number) => Promise<void>,
    overrides: Parameters<typeof plainRequest>[2] = {},
  ): Promise<void> => {
    const abort = new AbortController()
    let onStarted: (pid: number) => void = () => undefined
    const started = new Promise<number>((resolve) => {
      onStarted = resolve
    })
    const running = run(plainRequest(freshBed(), ['sleep', '600'], overrides), {
      signal: abort.signal,
      onStarted,
    })
    try {
      const outcome = await Promise.race([started, running])
      if (typeof outcome !== 'number') throw new Error(JSON.stringify(outcome))
      await body(outcome)
    } finally {
      abort.abort()
      await running.catch(() => undefined)
    }
  }

  const exec = async (
    pid: number,
    args: readonly string[],
    overrides: Parameters<typeof plainProcess>[1] = {},
    cgroups: readonly string[] = [],
  ) => {
    const texts = { stdout: '', stderr: '' }
    const status = await execInContainer(
      {
        pid,
        process: plainProcess(args, overrides),
        cgroups,
        io: { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
      },
      {
        onOutput: (stream, chunk) => {
          texts[stream] += Buffer.from(chunk).toString()
        },
      },
    )
    return { ...status, ...texts }
  }

  it('shares all its namespaces and its root', async () => {
    await withContainer(async (pid) => {
      const names = ['mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup', 'user']
      const ran = await exec(
        pid,
        ['sh', '-c', `for n in ${names.join(' ')}; do readlink /proc/self/ns/$n; done; hostname; pwd`],
        { cwd: '/tmp' },
      )
      const expected = names.map((name) => readlinkSync(`/proc/${pid}/ns/${name}`))
      expect(ran.stdout.trim().split('\n')).toEqual([...expected, 'box', '/tmp'])
    })
  })

  it('has no more than was given, and only 0, 1 and 2', async () => {
    await withContainer(async (pid) => {
      const ran = await exec(
        pid,
        ['sh', '-c', 'grep -E "Cap|Groups|Uid" /proc/self/status; ls /proc/self/fd'],
        {
          user: { uid: 77, gid: 78, additionalGids: [79] },
        },
      )
      expect(ran.stdout).toMatch(/Groups:\s79/)
      expect(ran.stdout).toMatch(
        /CapInh:\s0{16}\nCapPrm:\s0{16}\nCapEff:\s0{16}\nCapBnd:\s00000000a80425fb\nCapAmb:\s0{16}/,
      )
      expect(ran.stdout.trim().split('\n').slice(-4)).toEqual(['0', '1', '2', '3'])
    })
  })

  it('passes codes on, and refuses working directories outside', async () => {
    await withContainer(async (pid) => {
      expect((await exec(pid, ['sh', '-c', 'exit 9'])).code).toBe(9)
      expect(await exec(pid, ['nosuch'])).toMatchObject({ code: 127 })
      for (let fd = 3; fd < 12; fd++) {
        await expect(exec(pid, ['pwd'], { cwd: `/proc/self/fd/${fd}` })).rejects.toMatchObject({
          step: 'cwd',
        })
      }
    })
  })

  it('joins the cgroups and leaves them', async () => {
    const cgroups = makeTestCgroups('exec', controllers)
    try {
      await withContainer(
        async (pid) => {
          const ran = await exec(pid, ['cat', '/proc/self/cgroup'], {}, cgroups)
          expect(ran.stdout).toMatch(/pids:\/\n|^0::\/\n/)
          for (const path of cgroups) expect(existsSync(path)).toBe(true)
        },
        { cgroups },
      )
    } finally {
      removeTestCgroups(cgroups)
    }
  })

  it('gives a terminal of the container itself', async () => {
    await withContainer(async (pid) => {
      const ran = await exec(pid, ['sh', '-c', 'tty; stty size; ls /dev/pts; exit 4'], {
        terminal: true,
        consoleSize: { height: 33, width: 99 },
      })
      expect(ran.code).toBe(4)
      expect(ran.stdout).toMatch(/^\/dev\/pts\/0\r\n33 99\r\n0\s+ptmx\r\n/)
    })
  })

  it('says that a container is gone', async () => {
    await expect(exec(2 ** 22 - 1, ['true'])).rejects.toMatchObject({ step: 'join', errno: 'ESRCH' })
  })

  it('does not join another process that has the pid by now', async () => {
    await withContainer(async (pid) => {
      const startTime = identify(pid)?.startTime ?? 0
      const io = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' } as const
      const request = { pid, process: plainProcess(['true']), io }
      expect((await execInContainer({ ...request, startTime }, {})).code).toBe(0)
      await expect(execInContainer({ ...request, startTime: startTime - 1 }, {})).rejects.toMatchObject({
        step: 'join',
        errno: 'ESRCH',
      })
    })
  })
})

describe('user namespaces', () => {
  it('map the ids of a bind root', async () => {
    const bed = freshBed()
    mkdirSync(join(bed.path, 'mapped'))
    const { chownSync } = await import('node:fs')
    const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }]
    const chownAll = (path: string): void => {
      chownSync(path, 100_000, 100_000)
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (entry.isDirectory()) chownAll(join(path, entry.name))
      }
    }
    chownAll(bed.lower)
    chownSync(bed.upper, 100_000, 100_000)
    chownSync(bed.work, 100_000, 100_000)
    chownSync(bed.path, 100_000, 100_000)
    const ran = await run(
      plainRequest(
        bed,
        [
          'sh',
          '-c',
          'id -u; cat /proc/self/uid_map; echo x > /etc/new; ls -l /dev/null /etc/new | cut -c1-10',
        ],
        {
          linux: {
            namespaces: (['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'] as const).map(
              (type) => ({ type }),
            ),
            uidMappings: ids,
            gidMappings: ids,
          },
        },
      ),
    )
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toMatch(/^0\n\s+0\s+100000\s+65536\ncrw-rw-rw-\n-rw-r--r--\n/)
  })
})
