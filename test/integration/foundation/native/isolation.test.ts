// The attacks of containers on their host, by number of the list in docs/security: fds, links, credentials, masks.
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nativeBinary } from '../../../../src/foundation/native/index.ts'
import {
  bedsOfTests,
  dockerCapabilities,
  plainProcess,
  plainRequest,
  run,
} from '../../../support/container-request.ts'

const freshBed = bedsOfTests()

const status = async (
  process: ReturnType<typeof plainProcess>,
  init = false,
): Promise<Record<string, string>> => {
  const ran = await run(plainRequest(freshBed(), process, init ? { init } : {}))
  return Object.fromEntries(
    ran.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s*/))
      .map(([key, value]) => [key, value?.trim()]),
  )
}

/** The mask of docker's 14, as /proc/PID/status shows it, less what this machine's root has not. */
const docker14 = '00000000a80425fb'
const none = '0000000000000000'

describe('credentials', () => {
  it('has exactly the capabilities given, none inheritable or ambient', async () => {
    const fields = await status(plainProcess(['cat', '/proc/self/status']))
    expect(dockerCapabilities).toHaveLength(14)
    expect(fields).toMatchObject({
      CapInh: none,
      CapPrm: docker14,
      CapEff: docker14,
      CapBnd: docker14,
      CapAmb: none,
    })
  })

  it('has no effective capabilities as another user, but the bounding set', async () => {
    const fields = await status(
      plainProcess(['cat', '/proc/self/status'], { user: { uid: 1000, gid: 1001, additionalGids: [7, 8] } }),
    )
    expect(fields).toMatchObject({ CapInh: none, CapPrm: none, CapEff: none, CapBnd: docker14, CapAmb: none })
    expect(fields).toMatchObject({
      Uid: '1000\t1000\t1000\t1000',
      Gid: '1001\t1001\t1001\t1001',
      Groups: '7 8',
    })
  })

  it('has the groups of the request only', async () => {
    expect((await status(plainProcess(['cat', '/proc/self/status'])))['Groups']).toBe('')
  })

  it('gives pid 1 no more than the program', async () => {
    const fields = await status(plainProcess(['cat', '/proc/1/status']), true)
    expect(fields).toMatchObject({ Name: 'init', CapEff: docker14, CapBnd: docker14, CapInh: none })
  })

  it('sets no_new_privs when asked', async () => {
    const fields = await status(plainProcess(['cat', '/proc/self/status'], { noNewPrivileges: true }))
    expect(fields).toMatchObject({ NoNewPrivs: '1' })
  })

  it('raises ambient capabilities when asked', async () => {
    const set = ['CAP_NET_BIND_SERVICE']
    const capabilities = { bounding: set, effective: set, permitted: set, inheritable: set, ambient: set }
    const fields = await status(
      plainProcess(['cat', '/proc/self/status'], {
        user: { uid: 5, gid: 5, additionalGids: [] },
        capabilities,
      }),
    )
    expect(fields).toMatchObject({ CapAmb: '0000000000000400', CapEff: '0000000000000400' })
  })
})

describe('seccomp', () => {
  /** Allows all but mkdir and mkdirat of x86-64 or aarch64, which get EPERM. */
  const program = (): Uint8Array => {
    const calls = process.arch === 'arm64' ? [34] : [83, 258]
    const instructions: [number, number, number, number][] = [[0x20, 0, 0, 0]]
    for (const [i, number] of calls.entries()) instructions.push([0x15, calls.length - i, 0, number])
    instructions.push([0x06, 0, 0, 0x7fff0000], [0x06, 0, 0, 0x00050001])
    const bytes = Buffer.alloc(instructions.length * 8)
    instructions.forEach(([code, jt, jf, k], i) => {
      bytes.writeUInt16LE(code, i * 8)
      bytes.writeUInt8(jt, i * 8 + 2)
      bytes.writeUInt8(jf, i * 8 + 3)
      bytes.writeUInt32LE(k, i * 8 + 4)
    })
    return bytes
  }

  it.each([false, true])('denies what the program denies (no_new_privs %s)', async (noNewPrivileges) => {
    const ran = await run(
      plainRequest(
        freshBed(),
        plainProcess(['sh', '-c', 'mkdir /x; echo $?; grep Seccomp: /proc/self/status'], { noNewPrivileges }),
        {
          seccomp: program(),
        },
      ),
    )
    expect(ran.stdout).toBe('1\nSeccomp:\t2\n')
    expect(ran.stderr).toContain('Operation not permitted')
  })

  it('refuses a program that is none', async () => {
    await expect(
      run(plainRequest(freshBed(), ['true'], { seccomp: new Uint8Array(12) })),
    ).rejects.toMatchObject({
      step: 'request',
    })
    await expect(
      run(plainRequest(freshBed(), ['true'], { seccomp: new Uint8Array(16) })),
    ).rejects.toMatchObject({
      step: 'seccomp',
      errno: 'EINVAL',
    })
  })
})

describe('descriptors', () => {
  it('are 0, 1 and 2 only (28, 52)', async () => {
    // The shell's own glob uses one more, as does ls.
    const ran = await run(plainRequest(freshBed(), ['ls', '/proc/self/fd']))
    expect(ran.stdout.trim().split('\n')).toEqual(['0', '1', '2', '3'])
    const init = await run(plainRequest(freshBed(), ['ls', '/proc/1/fd'], { init: true }))
    expect(init.stdout.trim().split('\n')).toEqual(['0', '1', '2'])
  })

  it('do not lead out by the working directory (28)', async () => {
    for (let fd = 3; fd < 16; fd++) {
      const request = plainRequest(freshBed(), plainProcess(['ls'], { cwd: `/proc/self/fd/${fd}` }))
      const outcome = await run(request).catch((error: unknown) => error)
      expect(outcome).toMatchObject({ step: 'cwd' })
    }
  })

  it('do not lead out by a link of the image as working directory', async () => {
    const bed = freshBed()
    symlinkSync('/proc/self/fd/8', join(bed.lower, 'link'))
    await expect(run(plainRequest(bed, plainProcess(['ls'], { cwd: '/link' })))).rejects.toMatchObject({
      step: 'cwd',
    })
  })
})

describe('the helper itself', () => {
  it('cannot be overwritten through /proc/self/exe (29)', async () => {
    const before = readFileSync(nativeBinary())
    const bed = freshBed()
    const first = await run(plainRequest(bed, ['/proc/self/exe', '--version']))
    expect(first.code).toBe(0)
    writeFileSync(join(bed.lower, 'bin/link'), '#!/proc/self/exe\n', { mode: 0o755 })
    await run(plainRequest({ ...freshBed(), lower: bed.lower }, ['link']))
    expect(readFileSync(nativeBinary()).equals(before)).toBe(true)
  })
})

describe('links in the image', () => {
  it.each(['proc', 'sys'])('/%s may be none (33)', async (name) => {
    const bed = freshBed()
    symlinkSync('/etc', join(bed.lower, name))
    await expect(run(plainRequest(bed, ['true']))).rejects.toMatchObject({
      step: 'mount-point',
      errno: 'ELOOP',
    })
  })

  it('lead nowhere on the host (33, 34)', async () => {
    const bed = freshBed()
    const outside = join(bed.path, 'outside')
    mkdirSync(outside)
    // The same path exists inside the image's view only if it is made there.
    symlinkSync(outside, join(bed.lower, 'dev'))
    symlinkSync(`../../../../../..${outside}`, join(bed.lower, 'data'))
    rmSync(join(bed.lower, 'etc'), { recursive: true })
    symlinkSync(outside, join(bed.lower, 'etc'))
    const file = join(bed.path, 'file')
    writeFileSync(file, 'bound\n')
    const request = plainRequest(bed, ['sh', '-c', 'cat /etc/hosts /data/deep/file; ls -l /dev/null'])
    const binds = [
      { destination: '/etc/hosts', type: 'bind', source: file, options: ['rbind'] },
      { destination: '/data/deep/file', type: 'bind', source: file, options: ['rbind'] },
    ]
    const ran = await run({
      ...request,
      spec: { ...request.spec, mounts: [...request.spec.mounts, ...binds] },
    })
    expect(ran.stdout).toContain('bound\n')
    expect(readdirSync(outside)).toEqual([])
  })

  it('do not redirect device nodes or masks (30)', async () => {
    const bed = freshBed()
    const victim = join(bed.path, 'victim')
    writeFileSync(victim, 'safe')
    mkdirSync(join(bed.lower, 'dev'))
    symlinkSync(victim, join(bed.lower, 'dev/null'))
    // Without a /dev of ours the null device is the image's: it is looked at, not believed.
    const request = plainRequest(bed, ['true'])
    const mounts = request.spec.mounts.filter(({ destination }) => !destination.startsWith('/dev'))
    await expect(run({ ...request, spec: { ...request.spec, mounts } })).rejects.toMatchObject({
      step: 'mask',
    })
    writeFileSync(join(bed.path, 'plain'), '')
    rmSync(join(bed.lower, 'dev/null'))
    writeFileSync(join(bed.lower, 'dev/null'), 'no device')
    const second = { ...freshBed(), lower: bed.lower }
    const again = plainRequest(second, ['true'])
    await expect(run({ ...again, spec: { ...again.spec, mounts } })).rejects.toMatchObject({
      step: 'mask',
      errno: 'EPERM',
    })
    expect(readFileSync(victim, 'utf8')).toBe('safe')
  })
})

describe('masks', () => {
  it('hide and protect', async () => {
    const ran = await run(
      plainRequest(freshBed(), [
        'sh',
        '-c',
        'wc -c < /proc/timer_list; wc -c < /proc/keys; ls /sys/firmware | wc -l; echo 1 > /proc/sys/kernel/domainname; mkdir /sys/x; mkdir /sys/fs/cgroup/x',
      ]),
    )
    expect(ran.stdout).toBe('0\n0\n0\n')
    expect(ran.stderr.match(/Read-only file system/g)).toHaveLength(3)
  })

  it('cannot be taken away by root of the container', async () => {
    const ran = await run(
      plainRequest(freshBed(), ['sh', '-c', 'umount /proc/kcore; mount -o remount,rw /proc/sys']),
    )
    expect(ran.code).not.toBe(0)
  })
})

const sessionKeyrings = (text: string): readonly string[] =>
  [...text.matchAll(/^([0-9a-f]+) .*keyring\s+_ses/gm)].map((match) => match[1] ?? '')

describe('what is shared with the host', () => {
  it('is no session keyring (58)', async () => {
    const bed = freshBed()
    const request = plainRequest(bed, ['cat', '/proc/keys'], { linux: { maskedPaths: [] } })
    const known = sessionKeyrings(readFileSync('/proc/keys', 'utf8'))
    const ran = await run(request)
    // Root sees all session keyrings of its uid; the container's is one that was not there before.
    expect(sessionKeyrings(ran.stdout).filter((id) => !known.includes(id))).toHaveLength(1)
  })

  it('is no mount: nothing of a container is seen outside', async () => {
    const bed = freshBed()
    const seen: string[] = []
    await run(plainRequest(bed, ['sleep', '0.1']), {
      onStarted: () => seen.push(readFileSync('/proc/self/mountinfo', 'utf8')),
    })
    expect(seen).toHaveLength(1)
    expect(seen[0]).not.toContain(bed.path)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(bed.path)
  })
})
