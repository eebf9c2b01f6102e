import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { freshName, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, type Outcome, tsbuild, tsrun } from '../support/e2e/rig.ts'

let check: () => void
beforeAll(() => {
  check = watchLeftovers()
})
afterAll(() => check())

/** A busybox image that `change` has prepared. */
const importImage = async (
  name: string,
  change: (root: string) => void,
  ...changes: string[]
): Promise<void> => {
  using root = makeBusyboxRoot()
  change(root.path)
  using directory = makeDirectory()
  const tar = join(directory.path, 'root.tar')
  execFileSync('tar', ['-C', root.path, '--numeric-owner', '-cf', tar, '.'])
  expectCode(await tsbuild(['import', ...changes.flatMap((one) => ['--change', one]), tar, name]))
}
const run = (image: string, ...args: string[]): Promise<Outcome> =>
  tsrun(['--rm', '--network', 'none', ...args.slice(0, -1), image, 'sh', '-c', args.at(-1) ?? ''])

test('a user whose name is a number does not become that entry (CVE-2016-3697)', async () => {
  await importImage('numbers', (root) =>
    writeFileSync(join(root, 'etc/passwd'), '1000:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n'),
  )
  expect((await run('numbers', '-u', '1000', 'id -u')).stdout).toBe('1000\n')
  const name = freshName()
  await using _ = await startDetached('--network', 'none', '--name', name, 'numbers', 'sleep', '1000')
  expect((await tsrun(['exec', '-u', '1000', name, 'id', '-u'])).stdout).toBe('1000\n')
})

test('user databases that are links or FIFOs are not those of the host, and nothing hangs (CVE-2024-9676)', async () => {
  using host = makeDirectory({ passwd: 'intruder:x:0:0::/:/bin/sh\n' })
  await importImage('linked', (root) => {
    rmSync(join(root, 'etc/passwd'))
    symlinkSync(join(host.path, 'passwd'), join(root, 'etc/passwd'))
  })
  expect((await run('linked', '-u', 'intruder', 'id')).code).toBe(125)
  const name = freshName()
  await using _ = await startDetached('--network', 'none', '--name', name, 'busybox', 'sleep', '1000')
  expectCode(await tsrun(['exec', name, 'sh', '-c', `rm /etc/passwd; ln -s ${host.path}/passwd /etc/passwd`]))
  expect((await tsrun(['exec', '-u', 'intruder', name, 'id'])).code).toBe(1)
  expectCode(await tsrun(['exec', name, 'sh', '-c', 'rm /etc/passwd; mkfifo /etc/passwd']))
  expect((await tsrun(['exec', '-u', 'intruder', name, 'true'])).code).toBe(1)
})

test('a huge user database is refused, not read (CVE-2026-47262)', async () => {
  await importImage('huge', (root) => truncateSync(join(root, 'etc/passwd'), 5 << 20))
  const outcome = await run('huge', '-u', 'nobody', 'id')
  expect(outcome).toMatchObject({ code: 125, stderr: expect.stringMatching(/passwd.*at most/) })
})

test('ids and names are not paths', async () => {
  for (const text of ['../../../etc', '..', '/', 'a/../../b', '']) {
    for (const verb of ['inspect', 'logs', 'stop', 'rm', 'start', 'port', 'top']) {
      expect((await tsrun([verb, text])).code).toBe(1)
    }
  }
  expect((await tsrun(['--name', '../escape', 'busybox', 'true'])).code).toBe(125)
})

test('a working directory that leads through our descriptors does not leave the root (CVE-2024-21626)', async () => {
  for (const fd of [3, 4, 5, 6, 7, 8, 9, 10]) {
    const outcome = await run('busybox', '-w', `/proc/self/fd/${fd}`, 'cat ../../../../etc/hostname; pwd')
    // Refused, or a directory of the container; never one of the host.
    if (outcome.code === 0) expect(outcome.stdout).not.toContain('tsbuild')
    else expect([1, 125, 126, 127]).toContain(outcome.code)
  }
})

test('labels and a command of the image stay data', async () => {
  await importImage(
    'labelled',
    () => undefined,
    'LABEL io.containerd.logger=binary:///bin/sh run.oci.hooks=x com.docker.privileged=true',
    'CMD ["sh", "-c", "id -u; grep CapEff /proc/self/status"]',
  )
  const plain = await tsrun([
    '--rm',
    '--network',
    'none',
    'busybox',
    'sh',
    '-c',
    'id -u; grep CapEff /proc/self/status',
  ])
  expect((await tsrun(['--rm', '--network', 'none', 'labelled'])).stdout).toBe(plain.stdout)
})

test('mount points that are links in the image stay inside', async () => {
  using host = makeDirectory()
  await importImage('links', (root) => {
    symlinkSync(host.path, join(root, 'data'))
    rmSync(join(root, 'etc'), { recursive: true })
    symlinkSync(host.path, join(root, 'etc'))
  })
  using source = makeDirectory({ file: 'content' })
  const outcome = await run('links', '-v', `${source.path}:/data/sub`, 'cat /data/sub/file')
  // Resolved inside the root or refused: nothing is made on the host.
  expect([0, 125]).toContain(outcome.code)
  for (const name of ['sub', 'hosts', 'hostname', 'resolv.conf'])
    expect(existsSync(join(host.path, name))).toBe(false)
})

test('a process that joined holds nothing of ours (descriptors, capabilities, environment)', async () => {
  const name = freshName()
  await using _ = await startDetached('--network', 'none', '--name', name, 'busybox', 'sleep', '1000')
  const script = 'ls /proc/self/fd | wc -l; grep -E "Cap(Inh|Amb)|Seccomp:|Groups" /proc/self/status; env'
  const { stdout } = await tsrun(['exec', name, 'sh', '-c', script], { env: { CANARY: 'leaked' } })
  expect(stdout).toMatch(/^4\n/)
  expect(stdout).toMatch(/CapInh:\s+0+\n/)
  expect(stdout).toMatch(/CapAmb:\s+0+\n/)
  expect(stdout).toMatch(/Seccomp:\s+2\n/)
  expect(stdout).not.toContain('leaked')
})
