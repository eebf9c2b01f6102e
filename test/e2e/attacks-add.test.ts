import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { busybox, directory, dockerArchive, hard, link, load } from '../support/e2e/attack-archive.ts'
import { buildAttack, guardedVictim } from '../support/e2e/attack-rig.ts'
import { freshName } from '../support/e2e/containers.ts'
import { expectCode, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { paxMember, type RawMember, rawTar } from '../support/hostile-tar.ts'

/** ADD of archives, and tools of an image: SECURITY rows 1-4, 9, 10, 38, 45. */

const victim = guardedVictim()

describe('ADD of archives (1-4, 9, 10, 45)', () => {
  const add = (members: readonly (RawMember | Buffer)[], base: string, to: string) =>
    buildAttack(
      `${base}\nADD evil.tar ${to}\nRUN find / -xdev -name new -exec cat {} + 2>/dev/null; true\n`,
      {
        files: { 'evil.tar': rawTar(...members) },
      },
    )

  it('into a link of the image stays in the image', async () => {
    const base = `FROM busybox\nRUN ln -s ${victim.path} /link; ln -s ../../../..${victim.path}/etc /up\n`
    for (const to of ['/link/', '/link', '/up/x/', '/up']) {
      await using built = await add(
        [
          { name: 'new', body: 'x' },
          { name: 'secret', body: 'x' },
        ],
        base,
        to,
      )
      expectCode(built.outcome)
      const seen = await tsrun(['--rm', built.name, 'find', victim.path, '-name', 'new'])
      expect(seen.stdout).toContain(victim.path)
    }
  })

  it.each([
    ['climbing names', () => [{ name: '../../../new', body: 'x' }]],
    ['a link and a name through it', () => [link('l', victim.path), { name: 'l/new', body: 'x' }]],
    ['hard links outside', () => [hard('new', `../../../../..${victim.path}/secret`)]],
    ['hard links through links', () => [link('l', victim.path), hard('new', 'l/secret')]],
    ['whiteouts', () => [{ name: '.wh.bin' }, { name: '.wh..wh..opq' }]],
    ['a forged whiteout', () => [{ name: 'bin', type: '3', major: 0, minor: 0 }]],
    [
      'devices and FIFOs',
      () => [
        { name: 'f', type: '6' },
        { name: 'd', type: '4', major: 8, minor: 0 },
      ],
    ],
    [
      'forged overlay attributes',
      () => [paxMember({ 'SCHILY.xattr.trusted.overlay.redirect': '/etc' }), directory('new')],
    ],
  ] as const)('with %s is refused or stays in the image', async (_, members) => {
    await using built = await add(members(), 'FROM busybox', '/')
    expect(built.outcome.stderr).not.toMatch(/canary|internal error/)
    if (built.outcome.code === 0) expectCode(await tsrun(['--rm', built.name, 'ls', '/bin/busybox']))
  })
})

it('no tool of an image is used to unpack or to look (38)', async () => {
  const name = freshName()
  const trap = { mode: 0o755, body: `#!/bin/sh\necho evil > ${victim.path}/ran\n` }
  const tools = [
    'tar',
    'gzip',
    'gunzip',
    'pigz',
    'unpigz',
    'zstd',
    'xz',
    'nft',
    'iptables',
    'newuidmap',
    'getent',
    'ps',
    'modprobe',
  ]
  const passwd = { name: 'etc/passwd', body: 'root:x:0:0::/:/bin/sh\n' }
  const layer = rawTar(...busybox, passwd, ...tools.map((tool) => ({ ...trap, name: `bin/${tool}` })))
  expectCode(await load(dockerArchive({ layers: [layer], name })))
  const gz = execFileSync('gzip', ['-c'], { input: rawTar({ name: 'new', body: 'x' }) })
  await using built = await buildAttack(`FROM ${name}\nADD x.tar.gz /x/\nRUN true\n`, {
    files: { 'x.tar.gz': gz },
  })
  expectCode(built.outcome)
  expectCode(await tsrun(['--rm', '-u', 'root', name, 'sh', '-c', 'true']))
  expect(existsSync(join(victim.path, 'ran'))).toBe(false)
  await tsbuild(['rmi', '-f', name])
})
