import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NativeError } from '../../../../src/foundation/native/index.ts'
import {
  bedsOfTests,
  type OverlayBed,
  plainProcess,
  plainRequest,
  run,
} from '../../../support/container-request.ts'

const freshBed = bedsOfTests()

const sh = (script: string) => plainRequest(freshBed(), ['sh', '-c', script])

describe('a container', () => {
  it('runs a program and hands its output and code over', async () => {
    const ran = await run(sh('echo out; echo err >&2; exit 7'))
    expect(ran).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n', warnings: [], stubs: [] })
  })

  it('has namespaces of its own', async () => {
    const ran = await run(sh('for n in mnt pid ipc uts net cgroup; do readlink /proc/self/ns/$n; done'))
    const ours = ['mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup'].map((n) => readlinkSync(`/proc/self/ns/${n}`))
    const theirs = ran.stdout.trim().split('\n')
    expect(theirs).toHaveLength(6)
    for (const link of theirs) expect(ours).not.toContain(link)
  })

  it('is pid 1, has its host name, one interface and no mount of the host', async () => {
    const ran = await run(
      sh('echo $$; hostname; ls /sys/class/net; wc -l < /proc/self/mounts; cat /proc/self/mounts'),
    )
    const [pid, name, net, , ...mounts] = ran.stdout.trim().split('\n')
    expect([pid, name, net]).toEqual(['1', 'box', 'lo'])
    expect(mounts[0]).toMatch(/^overlay \/ overlay rw/)
    for (const line of mounts) expect(line).toMatch(/^\S+ \/(proc|dev|sys)?(\/| |$)/)
    expect(mounts.some((line) => line.includes('ext4'))).toBe(false)
  })

  it('reads its input', async () => {
    const ran = await run(sh('cat; cat /dev/stdin'), { input: Buffer.alloc(300_000, 'x') })
    expect(ran.stdout.length).toBe(300_000)
  })

  it('lets a user open /dev/stdout and /dev/stderr', async () => {
    const bed = freshBed()
    const process = plainProcess(['sh', '-c', 'echo a > /dev/stdout; echo b > /dev/stderr'], {
      user: { uid: 1234, gid: 1234, additionalGids: [] },
    })
    expect(await run(plainRequest(bed, process))).toMatchObject({ code: 0, stdout: 'a\n', stderr: 'b\n' })
  })

  it('loses no output at the end', async () => {
    const ran = await run(sh('yes 0123456789 | head -c 3000000'))
    expect(ran.stdout.length).toBe(3_000_000)
  })

  it('writes changes to the upper directory and leaves no mount point there', async () => {
    const bed = freshBed()
    const resolv = join(bed.path, 'resolv')
    writeFileSync(resolv, 'nameserver 192.0.2.1\n')
    const request = plainRequest(bed, [
      'sh',
      '-c',
      'cat /etc/resolv.conf; echo x > /new; ls -d /proc /sys /dev',
    ])
    const bind = { destination: '/etc/resolv.conf', type: 'bind', source: resolv, options: ['rbind', 'ro'] }
    const ran = await run({ ...request, spec: { ...request.spec, mounts: [...request.spec.mounts, bind] } })
    expect(ran).toMatchObject({ code: 0, stubs: [] })
    expect(ran.stdout).toBe('nameserver 192.0.2.1\n/dev\n/proc\n/sys\n')
    expect(readdirSync(bed.upper)).toEqual(['new'])
  })

  it('makes the target of a dangling link and says so', async () => {
    const bed = freshBed()
    const { symlinkSync } = await import('node:fs')
    symlinkSync('../run/stub/resolv.conf', join(bed.lower, 'etc/resolv.conf'))
    const resolv = join(bed.path, 'resolv')
    writeFileSync(resolv, 'here\n')
    const request = plainRequest(bed, ['cat', '/etc/resolv.conf'])
    const bind = { destination: '/etc/resolv.conf', type: 'bind', source: resolv, options: ['rbind'] }
    const ran = await run({ ...request, spec: { ...request.spec, mounts: [...request.spec.mounts, bind] } })
    expect(ran.stdout).toBe('here\n')
  })

  it('stacks 200 layers', async () => {
    const bed = freshBed()
    const lower = [bed.lower]
    for (let i = 0; i < 200; i++) {
      const layer = join(bed.path, `a-layer-with-a-rather-long-name-${i}`)
      mkdirSync(layer)
      writeFileSync(join(layer, `f${i}`), String(i))
      writeFileSync(join(layer, 'top'), String(i))
      lower.unshift(layer)
    }
    const request = plainRequest(bed, ['sh', '-c', 'cat /f0 /f199 /top; ls -d /f* | wc -l'])
    const ran = await run({ ...request, root: { kind: 'overlay', lower, upper: bed.upper, work: bed.work } })
    expect(ran.stdout).toBe('0199199200\n')
  })

  it('is read-only without an upper directory', async () => {
    const bed = freshBed()
    const ran = await run(
      plainRequest(bed, ['sh', '-c', 'ls -d /proc /dev; touch /x || touch /etc/y'], {
        root: { kind: 'overlay', lower: [bed.lower] },
      }),
    )
    expect(ran.code).toBe(1)
    expect(ran.stdout).toBe('/dev\n/proc\n')
    expect(ran.stderr).toContain('Read-only file system')
  })

  it('runs in a directory, and reports the mount points made there', async () => {
    const bed = freshBed()
    const ran = await run(
      plainRequest(bed, ['sh', '-c', 'echo y > /y; pwd'], {
        root: { kind: 'bind', source: bed.lower, readonly: false },
      }),
    )
    expect(ran).toMatchObject({ code: 0, stdout: '/\n', stubs: ['/proc', '/dev', '/sys'] })
    expect(readFileSync(join(bed.lower, 'y'), 'utf8')).toBe('y\n')
  })

  it('binds directories and files, read-only where asked', async () => {
    const bed = freshBed()
    const shared = join(bed.path, 'shared')
    mkdirSync(shared)
    const request = plainRequest(bed, ['sh', '-c', 'echo 1 > /rw/a; echo 2 > /ro/b; cat /ro/a'])
    const binds = [
      { destination: '/rw', type: 'bind', source: shared, options: ['rbind', 'rprivate'] },
      { destination: '/ro', type: 'bind', source: shared, options: ['rbind', 'ro', 'rprivate'] },
    ]
    const ran = await run({
      ...request,
      spec: { ...request.spec, mounts: [...request.spec.mounts, ...binds] },
    })
    expect(ran.stdout).toBe('1\n')
    expect(ran.stderr).toContain('Read-only')
    expect(readdirSync(shared)).toEqual(['a'])
  })

  it('sets limits and clamps what cannot be had', async () => {
    const process = plainProcess(['sh', '-c', 'ulimit -n; ulimit -Hn'], {
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 99, hard: 1_000_000_000 }],
    })
    const ran = await run(plainRequest(freshBed(), process))
    expect(ran.stdout.split('\n')[0]).toBe('99')
    if (ran.stdout.split('\n')[1] !== '1000000000') expect(ran.warnings.join()).toContain('CAP_SYS_RESOURCE')
  })

  it('starts in its directory with its umask and environment', async () => {
    const process = plainProcess(['sh', '-c', 'pwd; umask; env; touch /f'], {
      cwd: '/tmp',
      env: ['PATH=/bin', 'A=b c'],
      user: { uid: 0, gid: 0, additionalGids: [], umask: 0o27 },
    })
    const bed = freshBed()
    const ran = await run(plainRequest(bed, process))
    expect(ran.stdout).toContain('/tmp\n0027\n')
    expect(ran.stdout).toContain('A=b c\n')
    expect(statSync(join(bed.upper, 'f')).mode & 0o777).toBe(0o640)
  })

  it('writes sysctls', async () => {
    const ran = await run(
      plainRequest(freshBed(), ['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'], {
        linux: { sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0' } },
      }),
    )
    expect(ran.stdout).toBe('0\n')
  })
})

describe('exit codes', () => {
  it('127 for a program that is not there', async () => {
    const ran = await run(plainRequest(freshBed(), ['nosuch', 'x']))
    expect(ran).toMatchObject({ code: 127, message: 'exec "nosuch": no such file or directory' })
    const absolute = await run(plainRequest(freshBed(), ['/no/such']))
    expect(absolute).toMatchObject({ code: 127, message: 'exec "/no/such": no such file or directory' })
  })

  it('126 for a program that cannot be executed', async () => {
    const bed = freshBed()
    writeFileSync(join(bed.lower, 'bin/plain'), 'no program')
    chmodSync(join(bed.lower, 'bin/plain'), 0o644)
    writeFileSync(join(bed.lower, 'bin/broken'), 'no program')
    chmodSync(join(bed.lower, 'bin/broken'), 0o755)
    expect(await run(plainRequest(bed, ['plain']))).toMatchObject({ code: 126, message: /permission denied/ })
    expect(await run(plainRequest(freshBedOf(bed), ['broken']))).toMatchObject({
      code: 126,
      message: 'exec "broken": exec format error',
    })
    expect(await run(plainRequest(freshBedOf(bed), ['/etc']))).toMatchObject({
      code: 126,
      message: 'exec "/etc": is a directory',
    })
  })

  const freshBedOf = (bed: OverlayBed): OverlayBed => ({ ...freshBed(), lower: bed.lower })

  it('127 and 126 with an init too', async () => {
    const ran = await run(plainRequest(freshBed(), ['nosuch'], { init: true }))
    expect(ran).toMatchObject({ code: 127, message: 'exec "nosuch": no such file or directory' })
  })

  it('128 and the number of the signal', async () => {
    const ran = await run(plainRequest(freshBed(), ['sh', '-c', 'kill -TERM $$; sleep 5'], { init: true }))
    expect(ran.code).toBe(143)
  })

  it('kills and cleans up when aborted', async () => {
    const abort = new AbortController()
    const ran = await run(sh('sleep 60 & sleep 60'), {
      signal: abort.signal,
      onStarted: () => setTimeout(() => abort.abort(), 50),
    })
    expect(ran).toMatchObject({ code: 137, signal: 9 })
  })

  it('makes a working directory that is missing, as docker does', async () => {
    const bed = freshBed()
    const ran = await run(plainRequest(bed, plainProcess(['pwd'], { cwd: '/new/deep' })))
    expect(ran).toMatchObject({ code: 0, stdout: '/new/deep\n' })
  })

  it('throws what failed in the set-up', async () => {
    const bed = freshBed()
    const lost = plainRequest(bed, ['true'], { root: { kind: 'overlay', lower: ['/no/such/layer'] } })
    await expect(run(lost)).rejects.toMatchObject({ step: 'root', errno: 'ENOENT', exitCode: 125 })
    const nowhere = plainRequest(freshBed(), plainProcess(['true'], { cwd: '/etc/passwd/x' }))
    const error = await run(nowhere).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NativeError)
    expect(error).toMatchObject({
      message: 'cwd /etc/passwd/x: not a directory (ENOTDIR)',
    })
  })
})
