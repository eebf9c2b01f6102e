import { describe, expect, it } from 'vitest'
import {
  type AttackImage,
  buildAttack,
  fromShell,
  guardedVictim,
  hostileBase,
} from '../support/e2e/attack-rig.ts'
import { freshName, startDetached } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, type Outcome, tsrun } from '../support/e2e/rig.ts'

/** Base images whose own files are the attack: SECURITY rows 25-28, 33, 34, 41. */

const victim = guardedVictim()

/** WORKDIR, COPY and RUN on top of the image, then a container of it. */
const use = async (base: AttackImage): Promise<{ readonly build: Outcome; readonly run: Outcome }> => {
  await using built = await buildAttack(
    [
      `FROM ${base.name}`,
      'WORKDIR /app',
      'COPY file /app/file',
      'RUN echo made > /app/made; echo x >> /etc/hosts; echo x >> /etc/resolv.conf; echo x > /dev/null; true',
    ].join('\n'),
    { files: { file: 'mine' } },
  )
  const run = await tsrun([
    '--rm',
    base.name,
    'sh',
    '-c',
    'echo x > /app/made; echo x >> /etc/hosts; echo x > /dev/null; echo ran',
  ])
  return { build: built.outcome, run }
}

describe('links of the image to paths of the host (33, 41)', () => {
  it.each(['dev', 'etc', 'app', 'var', 'run', 'tmp'])('/%s: stays in the image', async (name) => {
    await using base = await hostileBase(`rm -rf ${name}; ln -s ${victim.path} ${name}`)
    const { build, run } = await use(base)
    expectCode(build)
    expect(expectCode(run).stdout).toBe('ran\n')
  })

  it.each(['proc', 'sys'])('/%s: refused', async (name) => {
    await using base = await hostileBase(`ln -s ${victim.path} ${name}`)
    const { build, run } = await use(base)
    for (const outcome of [build, run])
      expect(expectCode(outcome, 125).stderr).toContain(`mount-point /${name}`)
  })

  it.each(['etc/resolv.conf', 'etc/hosts', 'etc/hostname', 'etc/passwd', 'etc/group'])(
    '/%s: stays in the image',
    async (name) => {
      await using base = await hostileBase(`ln -sf ${victim.path}/${name} ${name}`)
      const { build, run } = await use(base)
      expectCode(build)
      expect(expectCode(run).stdout).toBe('ran\n')
    },
  )

  it('a chain with .. above the root, and one in the middle of a path', async () => {
    await using base = await hostileBase(
      `ln -s ../../../../../../..${victim.path} up; ln -s up/etc app; rm etc/group; ln -s ../up/etc/passwd etc/group`,
    )
    const { build, run } = await use(base)
    expectCode(build)
    expectCode(run)
  })
})

describe('links into the kernel (30, 32, 33)', () => {
  it.each(['/proc', '/sys', '/proc/1/root', '/proc/self/cwd', '/proc/sys/kernel'])(
    '/dev -> %s opens nothing',
    async (target) => {
      await using base = await hostileBase(`ln -s ${target} dev`)
      const { run } = await use(base)
      // Refused, or mounted over: what may be written must not be the kernel's.
      if (run.code !== 0) expectCode(run, 125)
      const look = await tsrun([
        '--rm',
        base.name,
        'sh',
        '-c',
        'echo h > /proc/sys/kernel/hostname; echo c > /proc/sys/kernel/core_pattern; cat /proc/keys /proc/kcore | head -c 9; true',
      ])
      expect(look.stdout).toBe('')
    },
  )

  it.each([
    '/proc/sys/kernel/core_pattern',
    '/proc/sysrq-trigger',
    '/proc/1/environ',
    '/proc/self/mem',
    '/dev/null',
    '/dev/zero',
  ])('/etc/hosts -> %s writes nothing there', async (target) => {
    await using base = await hostileBase(`ln -s ${target} etc/hosts`)
    const { build, run } = await use(base)
    for (const outcome of [build, run]) expect([0, 77, 125]).toContain(outcome.code)
  })
})

describe('loops and odd types in the place of what is opened or mounted', () => {
  it.each([
    ['a loop', (name: string) => `ln -sf loop loop; rm -rf ${name}; ln -s /loop ${name}`],
    ['a FIFO', (name: string) => `rm -rf ${name}; mkfifo ${name}`],
    ['a device', (name: string) => `rm -rf ${name}; mknod ${name} c 1 1`],
    ['a link to itself', (name: string) => `rm -rf ${name}; ln -s $(basename ${name}) ${name}`],
  ])(
    '%s is refused or passed over, in time',
    async (_, change) => {
      for (const name of ['dev', 'proc', 'etc/resolv.conf', 'app']) {
        await using base = await hostileBase(change(name))
        await using built = await buildAttack(`FROM ${base.name}\nWORKDIR /app\nRUN true\n`)
        expect([0, 1, 125]).toContain(built.outcome.code)
        expect((await tsrun(['--rm', base.name, 'true'])).code).toBeOneOf([0, 125])
      }
    },
    120_000,
  )
})

describe('user databases (9, 25, 26, 27)', () => {
  it.each([
    ['a FIFO', 'mkfifo etc/passwd'],
    ['a device that never ends', 'mknod etc/passwd c 1 5'],
    ['a directory', 'mkdir etc/passwd'],
    ['a loop', 'ln -s passwd etc/passwd'],
    ['64 MB of nothing', 'truncate -s 64M etc/passwd'],
    ['a link to the host', 'ln -s ../../../../../../../../etc/passwd etc/passwd'],
  ])('%s as /etc/passwd is not read', async (_, make) => {
    await using base = await hostileBase(`rm etc/passwd; ${make}`)
    const file = { files: { file: '' } }
    await using run = await buildAttack(`FROM ${base.name}\nUSER mallory\nRUN true\n`)
    expect(run.outcome.code).not.toBe(0)
    await using copy = await buildAttack(`FROM ${base.name}\nCOPY --chown=mallory file /\n`, file)
    // As docker: a name that is not there gives the files to root, which is said.
    if (copy.outcome.code === 0) expect(copy.outcome.stderr).toContain('the image has no user "mallory"')
    expect((await tsrun(['--rm', '-u', 'mallory', base.name, 'true'])).code).not.toBe(0)
  })

  it('a FIFO that comes while the container runs does not hang exec', async () => {
    const id = freshName()
    await using container = await startDetached(
      '--name',
      id,
      'busybox',
      'sh',
      '-c',
      'rm /etc/passwd; mkfifo /etc/passwd; sleep 60',
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await tsrun(['exec', '-u', 'mallory', container.id, 'true'])).code).not.toBe(0)
  })

  it('a name of digits is an id, whatever users are called', async () => {
    await using base = await hostileBase(
      'printf "1000:x:0:0::/:/bin/sh\\n0:x:1234:1234::/:/bin/sh\\n-1:x:0:0::/:\\n" > etc/passwd; printf "7:x:0:\\n" > etc/group',
    )
    const ids = ['sh', '-c', 'grep -E "^(Uid|Gid)" /proc/self/status | cut -f2 | xargs']
    for (const [user, expected] of [
      ['1000', '1000 0'],
      ['0', '0 0'],
      ['1000:7', '1000 7'],
    ] as const) {
      expect(expectCode(await tsrun(['--rm', '-u', user, base.name, ...ids])).stdout.trim()).toBe(expected)
      await using built = await buildAttack(
        `FROM ${base.name}\nUSER ${user}\nRUN test "$(grep -E '^(Uid|Gid)' /proc/self/status | cut -f2 | xargs)" = "${expected}"\n`,
      )
      expectCode(built.outcome)
      await using container = await startDetached(base.name, 'sleep', '60')
      const exec = expectCode(await tsrun(['exec', '-u', user, container.id, ...ids]))
      expect(exec.stdout.trim()).toBe(expected)
    }
    for (const user of ['4294967295', '4294967296', '99999999999999999999', '-1x', '1:2:3'])
      expect((await tsrun(['--rm', `--user=${user}`, base.name, 'true'])).code).not.toBe(0)
  })
})

describe('working directories on descriptors (28)', () => {
  const script =
    'pwd; ls -a . .. ../.. ../../.. 2>/dev/null; cat secret etc/secret ../secret 2>/dev/null; true'
  const numbers = Array.from({ length: 20 }, (_, fd) => fd)

  /** With the victim open on many descriptors of the caller, and as its working directory. */
  const leaky = (...command: readonly ['tsbuild' | 'tsrun', ...string[]]): Promise<Outcome> =>
    fromShell(
      numbers
        .slice(3, 10)
        .map((fd) => `exec ${fd}<"${victim.path}"`)
        .join('\n'),
      command,
      { cwd: victim.path },
    )

  it('of a run and of an exec lead nowhere', async () => {
    await using container = await startDetached('busybox', 'sleep', '300')
    for (const fd of numbers) {
      const path = `/proc/self/fd/${fd}`
      for (const args of [
        ['--rm', '-w', path, 'busybox', 'sh', '-c', script],
        ['exec', '-w', path, container.id, 'sh', '-c', script],
      ])
        expect((await leaky('tsrun', ...args)).stdout).not.toMatch(/canary|secret/)
    }
  }, 200_000)

  it('of a build lead nowhere', async () => {
    const steps = numbers
      .slice(0, 12)
      .flatMap((fd) => [`FROM busybox AS s${fd}`, `WORKDIR /proc/self/fd/${fd}`, `RUN ${script}`])
    for (const fd of [0, 3, 4, 7, 8]) {
      using directory = makeDirectory({ Dockerfile: steps.join('\n') })
      const outcome = await leaky('tsbuild', '--progress=plain', '--target', `s${fd}`, directory.path)
      expect(outcome.stderr).not.toMatch(/canary$|^#\d+ \S+ secret/m)
    }
  })

  it('of an image lead nowhere', async () => {
    await using base = await hostileBase('true', ['WORKDIR /proc/self/fd/7'])
    expect((await leaky('tsrun', '--rm', base.name, 'sh', '-c', script)).stdout).not.toMatch(/canary|secret/)
  })
})
