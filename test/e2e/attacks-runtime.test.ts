import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { compileProbe, guardedVictim, hostileBase, processesWith } from '../support/e2e/attack-rig.ts'
import {
  eventually,
  freshName,
  isRunning,
  pidIn,
  startDetached,
  watchLeftovers,
} from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, runCommand, tsrun } from '../support/e2e/rig.ts'

/** Commands that reach into a container while it attacks them, and containers whose own files are damaged. */

const victim = guardedVictim()
let probe: Awaited<ReturnType<typeof compileProbe>>
let checkLeftovers: () => void

beforeAll(async () => {
  checkLeftovers = watchLeftovers()
  probe = await compileProbe()
})
afterAll(() => {
  probe[Symbol.dispose]()
  checkLeftovers()
})

test('cp both ways while the container exchanges a directory and a link to the host (CVE-2018-15664, CVE-2019-10152)', async () => {
  using out = makeDirectory({ in: 'from the host' })
  await using base = await hostileBase(
    `mkdir v v/dir v/dir/etc; echo own > v/dir/secret; echo own > v/dir/etc/secret; ln -s ${victim.path} v/link`,
  )
  const mounted = ['-v', `${probe.path}:/probe`, base.name, '/probe', 'exchange', '/v/dir', '/v/link']
  await using box = await startDetached('--network', 'none', ...mounted)
  for (let round = 0; round < 3; round++) {
    const to = join(out.path, `${round}`)
    // Through the name, and of the tree above it: whichever it is just now.
    await Promise.all([
      tsrun(['cp', `${box.id}:/v/dir/secret`, to]),
      tsrun(['cp', '-L', `${box.id}:/v/dir`, `${to}.tree`]),
      tsrun(['cp', join(out.path, 'in'), `${box.id}:/v/dir/secret`]),
      tsrun(['cp', join(out.path, 'in'), `${box.id}:/v/dir/etc/new`]),
      tsrun(['cp', '-a', out.path, `${box.id}:/v/dir/empty`]),
    ])
  }
  const copied = await runCommand('grep', ['-rl', 'canary', out.path])
  expect(copied.stdout).toBe('')
})

test('nothing of the image is run or loaded on the behalf of top, cp, export, diff, logs (CVE-2019-14271, CVE-2022-1227, CVE-2026-41567)', async () => {
  const tools = 'ps tar gzip gunzip unpigz pigz xz zstd nsenter ip nft id getent tsbuild-native node'
  await using base = await hostileBase(
    `for t in ${tools}; do for d in bin usr/bin usr/local/bin sbin usr/sbin; do
       mkdir -p $d; rm -f $d/$t; printf '#!/bin/sh\\ntouch /ran; echo evil > ${victim.path}/secret\\n' > $d/$t; chmod 755 $d/$t
     done; done
     mkdir -p lib lib64 etc/ld.so.conf.d; echo /lib/evil.so > etc/ld.so.preload; echo evil > lib/libnss_files.so.2
     echo 'passwd: evil' > etc/nsswitch.conf`,
  )
  const name = freshName()
  await using box = await startDetached('--network', 'none', '--name', name, base.name, 'sleep', '1000')
  using out = makeDirectory({ file: 'x' })
  for (const words of [
    ['top', name],
    ['cp', `${name}:/etc`, join(out.path, 'etc')],
    ['cp', join(out.path, 'file'), `${name}:/tmp/`],
    ['cp', `${name}:/etc`, '-'],
    ['export', '-o', join(out.path, 'tar'), name],
    ['diff', name],
    ['logs', name],
    ['stats', '--no-stream', name],
    ['exec', '-u', 'nobody', name, 'true'],
  ])
    expectCode(await tsrun(words))
  expect((await tsrun(['exec', name, 'ls', '/ran'])).code).toBe(1)
  expect(existsSync(join(box.dir, 'exec'))).toBe(false)
})

test('what a volume gets of the image is never what a link leads to (CVE-2023-0778, CVE-2020-1726)', async () => {
  await using base = await hostileBase(
    `ln -s ${victim.path} data; mkdir real; ln -s ${victim.path}/secret real/leak; mkdir deep; ln -s ${victim.path} deep/er`,
  )
  const volumes = ['data', 'real', 'deep/er/etc'].map((path) => ({ path, name: freshName() }))
  const mounts = volumes.flatMap(({ path, name }) => ['-v', `${name}:/${path}`])
  const ran = await tsrun(['--rm', '--network', 'none', ...mounts, base.name, 'cat', '/real/leak'])
  expect(ran.stdout).toBe('')
  for (const { name } of volumes) {
    const data = join(inject('storeRoot'), 'volumes', name, '_data')
    // Directories and links of the image, none of the host's files.
    expect((await runCommand('grep', ['-rl', 'canary', data])).stdout).toBe('')
    await tsrun(['volume', 'rm', name])
  }
})

test('terminals and devices that are links in the image lead nowhere (CVE-2025-52565, CVE-2025-31133)', async () => {
  await using base = await hostileBase(
    `mkdir -p dev; for n in console pts ptmx null tty shm mqueue fd stdout; do ln -s ${victim.path}/secret dev/$n; done`,
  )
  const script =
    'echo evil > /dev/console; echo evil > /dev/null; echo evil > /dev/tty; stat -c %t:%T /dev/null; tty'
  const shell = [
    'script',
    '-qec',
    `${join(import.meta.dirname, '../../bin/tsrun')} --rm -t ${base.name} sh -c '${script}'`,
  ]
  const { stdout } = await runCommand(shell[0] ?? '', [...shell.slice(1), '/dev/null'], {
    env: { TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
  })
  expect(stdout).toMatch(/^1:3\r*$/m)
  expect(stdout).toMatch(/\/dev\/(pts\/0|console)/)
})

test('confinement that is not there is refused or warned of, not promised', async () => {
  for (const option of ['apparmor=docker-default', 'label=type:spc_t']) {
    const { code, stderr } = await tsrun(['--rm', '--security-opt', option, 'busybox', 'true'])
    // Refused on a kernel that could do it.
    expect([0, 125]).toContain(code)
    expect(stderr).toContain(option)
  }
  for (const option of ['seccomp=/none', 'no-new-privileges=perhaps', 'x'])
    expect(await tsrun(['--rm', '--security-opt', option, 'busybox', 'true'])).toMatchObject({ code: 125 })
})

test('a cgroup parent that climbs is refused before there is a container, and does not keep one from being removed', async () => {
  const name = freshName()
  for (const parent of ['../..', 'a/../../b', 'a\nb'])
    expect((await tsrun(['create', '--name', name, '--cgroup-parent', parent, 'busybox', 'true'])).code).toBe(
      1,
    )
  expectCode(await tsrun(['create', '--name', name, '--cgroup-parent', 'parent', 'busybox', 'true']))
  const id = (await tsrun(['inspect', '-f', '{{.Id}}', name])).stdout.trim()
  const record = join(inject('storeRoot'), 'containers', id, 'container.json')
  writeFileSync(
    record,
    readFileSync(record, 'utf8').replace('"cgroupParent":"parent"', '"cgroupParent":"../.."'),
  )
  expect((await tsrun(['start', name])).code).not.toBe(0)
  expectCode(await tsrun(['rm', '-f', name]))
})

test('exec --privileged gives capabilities, and keeps the filter of the container', async () => {
  await using box = await startDetached(
    '--network',
    'none',
    '-v',
    `${probe.path}:/probe`,
    'busybox',
    'sleep',
    '1000',
  )
  const ran = await tsrun([
    'exec',
    '--privileged',
    box.id,
    'grep',
    '-E',
    'CapEff|Seccomp:',
    '/proc/self/status',
  ])
  expect(ran.stdout).toMatch(/Seccomp:\s+2/)
  expect(ran.stdout).not.toMatch(/CapEff:\s+00000000a80425fb/)
  const calls = expectCode(await tsrun(['exec', '--privileged', box.id, '/probe', 'calls'])).stdout
  expect(calls).toMatch(/^unshare-user EPERM$/m)
  expect(calls).toMatch(/^mount EPERM$/m)
})

test('a server that listens everywhere never sees its clients as itself on loopback (CVE-2021-20199)', async () => {
  const server = `$s = IO::Socket::INET->new(Listen => 5, LocalAddr => "0.0.0.0:80") or die;
    while ($c = $s->accept) { print $c $c->peerhost; close $c }`
  const flags = ['-p', '127.0.0.1::80', 'debian:bookworm', 'perl', '-MIO::Socket::INET', '-e', server]
  await using box = await startDetached(...flags)
  const port = (await tsrun(['port', box.id, '80'])).stdout.trim().split(':').at(-1) ?? ''
  let peer = ''
  await eventually(async () => {
    peer = (await runCommand('bash', ['-c', `cat < /dev/tcp/127.0.0.1/${port}`])).stdout
    return peer !== ''
  })
  expect(peer).not.toMatch(/^127\.|^::1/)
})

test('a --rm container that was renamed frees its own name, and not the one that another has by now', async () => {
  const [first, second] = [freshName(), freshName()]
  const flags = ['--network', 'none', 'busybox', 'sleep', '1000']
  await using _ = await startDetached('--rm', '--name', first, ...flags)
  expectCode(await tsrun(['rename', first, second]))
  await using other = await startDetached('--name', first, ...flags)
  expectCode(await tsrun(['kill', second]))
  await eventually(() => !existsSync(join(inject('storeRoot'), 'records/container-names', second)))
  expect((await tsrun(['inspect', '-f', '{{.Id}}', first])).stdout).toBe(`${other.id}\n`)
})

test("what runs in the host's pid namespace ends with its container", async () => {
  const mark = `${500_000 + Math.floor(Math.random() * 100_000)}`
  const script = `for i in 1 2 3; do setsid sleep ${mark} & done; sleep 0.2; exit 3`
  const outcome = await tsrun(['--rm', '--pid', 'host', '--network', 'none', 'busybox', 'sh', '-c', script])
  expect(outcome.code).toBe(3)
  expect(processesWith(`sleep\0${mark}`)).toEqual([])
  const rest = `setsid sleep ${mark} & exec sleep ${mark}`
  await using box = await startDetached('--pid', 'host', '--network', 'none', 'busybox', 'sh', '-c', rest)
  await eventually(() => processesWith(`sleep\0${mark}`).length === 2)
  process.kill(pidIn(box.dir, 'monitor'), 'SIGKILL')
  await eventually(async () => (await tsrun(['ps', '-aq', '--filter', 'status=exited'])).stdout !== '')
  expect(processesWith(`sleep\0${mark}`)).toEqual([])
})

const damages: readonly (readonly [file: string, text: string])[] = [
  ['container.json', '{"id":1}'],
  ['monitor', 'garbage\0'],
  ['pid', '[]'],
  ['network.json', '{"endpoints":[7]}'],
]

test('a container whose files are damaged is answered for in plain words, and rm -f ends and removes all of it', async () => {
  for (const [file, text] of damages) {
    const name = freshName()
    const box = await startDetached(
      '--name',
      name,
      '--restart',
      'always',
      '-p',
      '127.0.0.1::80',
      'busybox',
      'sleep',
      '1000',
    )
    const processes = [pidIn(box.dir, 'monitor'), pidIn(box.dir, 'pid')]
    writeFileSync(join(box.dir, file), text)
    for (const words of [
      ['inspect', name],
      ['logs', name],
      ['exec', name, 'true'],
      ['top', name],
      ['ps', '-a'],
    ]) {
      const { stderr } = await tsrun(words)
      expect(stderr).not.toMatch(/internal error|^\s+at /m)
    }
    if (file === 'container.json')
      expect((await tsrun(['ps', '-a'])).stderr).toContain(`${box.id} is damaged`)
    expectCode(await tsrun(['rm', '-f', name]))
    await eventually(() => !processes.some(isRunning))
    expect(existsSync(box.dir)).toBe(false)
  }
})

test('a log that is no log, and a journal that is none, are left out', async () => {
  const name = freshName()
  await using box = await startDetached('--name', name, '--network', 'none', 'busybox', 'echo', 'line')
  await eventually(() => existsSync(join(box.dir, 'exit.json')))
  const log = join(box.dir, 'log')
  writeFileSync(log, `\0\xff{"log":\n[]\n${readFileSync(log, 'utf8')}{"log":7,"time":"x"}\n{"log":"torn`)
  expect(expectCode(await tsrun(['logs', name])).stdout).toBe('line\n')
  const journal = join(inject('storeRoot'), 'events')
  writeFileSync(journal, `\0\0\n{"Actor":7}\n{"Actor":{}}\n${readFileSync(journal, 'utf8')}{"torn`)
  const events = expectCode(
    await tsrun(['events', '--since', '1h', '--until', '0s', '--filter', `container=${name}`]),
  )
  expect(events.stdout).toMatch(/container die /)
})

test('a socket to attach to is for nobody else', async () => {
  await using box = await startDetached('-i', '--network', 'none', 'busybox', 'sleep', '1000')
  chmodSync(inject('storeRoot'), 0o755)
  try {
    const reach = `setpriv --reuid 65534 --clear-groups ls ${box.dir}`
    expect((await runCommand('sh', ['-c', reach])).code).not.toBe(0)
  } finally {
    chmodSync(inject('storeRoot'), 0o700)
  }
})
