import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ContainerRequest, execInContainer } from '../../../../src/foundation/native/index.ts'
import type { NamespaceType, RuntimeMount } from '../../../../src/foundation/oci/index.ts'
import {
  bedsOfTests,
  type OverlayBed,
  plainProcess,
  plainRequest,
  type Ran,
  run,
} from '../../../support/container-request.ts'

const freshBed = bedsOfTests()

const first = 300_000
const ids = [{ containerID: 0, hostID: first, size: 65_536 }]
const types: readonly NamespaceType[] = ['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network']

interface Mapped {
  readonly mounts?: readonly RuntimeMount[]
  readonly linux?: Partial<ContainerRequest['spec']['linux']>
  readonly rest?: Partial<ContainerRequest>
}

const mappedRequest = (
  bed: OverlayBed,
  script: string,
  { mounts = [], linux = {}, rest = {} }: Mapped = {},
): ContainerRequest => {
  const request = plainRequest(bed, plainProcess(['sh', '-c', script]), {
    translateRoot: true,
    linux: {
      namespaces: types.map((type) => ({ type })),
      uidMappings: ids,
      gidMappings: ids,
      ...linux,
    },
    ...rest,
  })
  return { ...request, spec: { ...request.spec, mounts: [...request.spec.mounts, ...mounts] } }
}

const runMapped = (bed: OverlayBed, script: string, more?: Mapped): Promise<Ran> =>
  run(mappedRequest(bed, script, more))

describe('layers in a user namespace', () => {
  it('show the ids of the disk inside, and are written with them', async () => {
    const bed = freshBed()
    writeFileSync(join(bed.lower, 'etc/theirs'), 'x')
    chownSync(join(bed.lower, 'etc/theirs'), 1000, 1001)
    const ran = await runMapped(
      bed,
      `stat -c '%u:%g' /bin /etc/theirs
       echo y > /etc/new && echo z >> /etc/theirs && mkdir /d && chown 7:8 /d && rm /etc/passwd
       stat -c '%u:%g' /etc/new /etc/theirs /d`,
    )
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toBe('0:0\n1000:1001\n0:0\n1000:1001\n7:8\n')
    const owner = (path: string): string => {
      const { uid, gid } = lstatSync(join(bed.upper, path))
      return `${uid}:${gid}`
    }
    expect(['etc/new', 'etc/theirs', 'd'].map(owner)).toEqual(['0:0', '1000:1001', '7:8'])
    expect(existsSync(join(bed.lower, 'etc/new'))).toBe(false)
  })
})

describe('binds in a user namespace', () => {
  const bind = (source: string, options: readonly string[] = ['rbind', 'rprivate']): RuntimeMount => ({
    destination: '/data',
    type: 'bind',
    source,
    options,
  })
  const privateDirectory = (bed: OverlayBed): string => {
    const path = join(bed.path, 'secret/data')
    mkdirSync(path, { recursive: true })
    chmodSync(join(bed.path, 'secret'), 0o700)
    chmodSync(path, 0o777)
    return path
  }

  it('keep their ids: what is made there belongs to an id of the range (host ids stay out of reach)', async () => {
    const bed = freshBed()
    const path = privateDirectory(bed)
    writeFileSync(join(path, 'host'), 'x', { mode: 0o600 })
    const ran = await runMapped(
      bed,
      'cd /data; stat -c %u:%g host; cat host; chown 0:0 host; chmod 4755 host; touch mine; stat -c %u mine; cp /bin/busybox suid; chmod 4755 suid; mknod dev c 1 1',
      { mounts: [bind(path)] },
    )
    expect(ran.stdout).toBe('65534:65534\n0\n')
    expect(ran.stderr.match(/Permission denied|not permitted/g)).toHaveLength(4)
    expect(lstatSync(join(path, 'mine')).uid).toBe(first)
    expect(lstatSync(join(path, 'suid')).uid).toBe(first)
    expect(lstatSync(join(path, 'host'))).toMatchObject({ uid: 0, mode: 0o100600 })
    expect(existsSync(join(path, 'dev'))).toBe(false)
  })

  it('show the ids of the disk with `idmap`', async () => {
    const bed = freshBed()
    const path = privateDirectory(bed)
    writeFileSync(join(path, 'own'), 'x', { mode: 0o600 })
    const ran = await runMapped(bed, 'cd /data; stat -c %u:%g own; cat own; touch mine', {
      mounts: [bind(path, ['bind', 'rprivate', 'idmap'])],
    })
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toBe('0:0\nx')
    expect(lstatSync(join(path, 'mine')).uid).toBe(0)
  })
})

describe('programs in a user namespace', () => {
  it('with the set-user bit in a layer have power inside only', async () => {
    const bed = freshBed()
    writeFileSync(join(bed.lower, 'etc/passwd'), 'root::0:0::/:/bin/sh\nnobody:x:99:99::/:/bin/sh\n')
    copyFileSync(join(bed.lower, 'bin/busybox'), join(bed.lower, 'busybox-su'))
    chmodSync(join(bed.lower, 'busybox-su'), 0o4755)
    const ran = await runMapped(
      bed,
      `su -s /bin/sh nobody -c 'id -u; /busybox-su su root -c "id -u; cat /proc/self/uid_map"'`,
    )
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toMatch(/^99\n0\n\s+0\s+300000\s+65536\n$/)
  })

  it("see their own /proc and /sys, cannot write what is the host's, and make no devices", async () => {
    const bed = freshBed()
    const ran = await runMapped(
      bed,
      `echo $$; ls /sys/class/net; mount | grep -c ' /proc '
       for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/overcommit_memory /sys/kernel/mm/ksm/run; do echo 1 > $f; done
       mknod /null c 1 3; mknod /mem c 1 1; mount -t tmpfs x /tmp; kill -0 2; dmesg; hostname x; id`,
    )
    expect(ran.stdout).toContain('1\nlo\n')
    expect(ran.stdout).toContain('uid=0(root)')
    expect(ran.stderr).toMatch(/mknod: \/null: Operation not permitted/)
    expect(ran.stderr).toMatch(/mknod: \/mem: Operation not permitted/)
    expect(ran.stderr).toMatch(/mount: .*(permission denied|Operation not permitted)/)
  })
})

describe('exec', () => {
  it('joins the user namespace as root of it, and nobody inside can look at it', async () => {
    const bed = freshBed()
    const stop = new AbortController()
    let said = ''
    await run(mappedRequest(bed, 'while :; do sleep 1; done'), {
      signal: stop.signal,
      onStarted: (pid) => {
        void execInContainer(
          {
            pid,
            process: plainProcess([
              'sh',
              '-c',
              'id -u; cat /proc/self/uid_map; touch /from-exec; readlink /proc/self/ns/user',
            ]),
            io: { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
          },
          {
            onOutput: (_, chunk) => {
              said += Buffer.from(chunk).toString()
            },
          },
        ).finally(() => stop.abort())
      },
    })
    expect(said).toMatch(/^0\n\s+0\s+300000\s+65536\n/)
    expect(lstatSync(join(bed.upper, 'from-exec')).uid).toBe(0)
  })
})

describe('a time namespace', () => {
  const uptime = (text: string): number => Number(text.split(' ')[0])
  const offsets = { boottime: { secs: 86_400, nanosecs: 0 }, monotonic: { secs: -10, nanosecs: 5 } }

  it.each([
    ['alone', ['mount', 'pid', 'network', 'time']],
    ['with a user namespace', [...types, 'time']],
  ] as const)('has clocks that are ahead, %s', async (_, names) => {
    const bed = freshBed()
    const mapped = (names as readonly string[]).includes('user')
    const request = plainRequest(
      bed,
      plainProcess(['sh', '-c', 'cat /proc/uptime; cat /proc/self/timens_offsets']),
      {
        linux: {
          namespaces: names.map((type) => ({ type })),
          timeOffsets: offsets,
          ...(mapped ? { uidMappings: ids, gidMappings: ids } : {}),
        },
        translateRoot: mapped,
      },
    )
    const ran = await run(request)
    expect(ran.stderr).toBe('')
    const host = uptime(readFileSync('/proc/uptime', 'utf8'))
    expect(uptime(ran.stdout)).toBeGreaterThan(host + 86_000)
    expect(ran.stdout).toMatch(/monotonic\s+-10\s+5\nboottime\s+86400\s+0\n/)
  })
})
