import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { busybox, directory, dockerArchive, hard, link, load } from '../support/e2e/attack-archive.ts'
import { buildAttack, guardedVictim } from '../support/e2e/attack-rig.ts'
import { freshName } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, type Outcome, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { paxMember, rawMember, rawTar } from '../support/hostile-tar.ts'

/** Layers of loaded images that attack: SECURITY rows 1-10. */

const victim = guardedVictim()

/** Loads, runs `script` in a container of it, and removes the image. */
const loadAndRun = async (
  layers: readonly Buffer[],
  script: string,
): Promise<{ readonly loaded: Outcome; readonly ran: Outcome | undefined }> => {
  const name = freshName()
  const loaded = await load(dockerArchive({ layers, name }))
  if (loaded.code !== 0) return { loaded, ran: undefined }
  const ran = await tsrun(['--rm', name, 'sh', '-c', script])
  // The layer is unpacked a second time, into a plain directory of the host.
  using exported = makeDirectory({ Dockerfile: `FROM ${name}\n` })
  await tsbuild(['-o', join(exported.path, 'out'), '.'], { cwd: exported.path })
  await tsbuild(['rmi', '-f', name])
  return { loaded, ran }
}

describe('names and links of one layer (1-4)', () => {
  it.each([
    ['climbs', () => [{ name: `../../../../../../../../../../../..${victim.path}/secret`, body: 'evil' }]],
    ['climbs in the middle', () => [{ name: 'bin/../../../secret', body: 'evil' }]],
    ['links hard to a climbing path', () => [hard('x', `../../../../../../..${victim.path}/secret`)]],
    ['links hard to an absolute path', () => [hard('x', `${victim.path}/secret`)]],
    ['links hard through a link', () => [link('up', victim.path), hard('x', 'up/secret')]],
    ['links hard to a name of the working directory', () => [hard('x', 'package.json')]],
    ['is a link in the place of the root', () => [link('./', victim.path), { name: 'secret', body: 'evil' }]],
    ['removes the root', () => [{ name: '.wh..' }]],
    ['removes its parent', () => [{ name: 'bin/.wh...' }]],
    ['is a whiteout of a whiteout', () => [{ name: '.wh..wh.secret' }]],
    ['has NUL in a PAX name', () => [paxMember({ path: `x\0../../secret` }), { name: 'x', body: 'evil' }]],
    ['is a global PAX name', () => [paxMember({ path: '../secret' }, 'g'), { name: 'x', body: 'evil' }]],
    ['has a negative size', () => [rawMember({ name: 'x', size: '-0000000001' })]],
    ['is 8 EiB', () => [rawMember({ name: 'x', size: '777777777777' })]],
    ['is sparse', () => [paxMember({ 'GNU.sparse.realsize': '1000000000000' }), { name: 'x', body: 'x' }]],
  ] as const)('a member that %s is refused', async (_, members) => {
    const { loaded } = await loadAndRun([rawTar(...busybox, ...members())], 'true')
    expectCode(loaded, loaded.code === 0 ? -1 : loaded.code)
    expect(loaded.stderr).not.toMatch(/internal error/)
  })

  it('absolute names land inside; files are written through links inside only', async () => {
    const layer = rawTar(
      ...busybox,
      { name: victim.path.concat('/secret'), body: 'inside' },
      link('up', '../../../../../../..'.concat(victim.path)),
      { name: 'up/new', body: 'new' },
      { name: 'up/etc/passwd', body: 'new' },
      link('abs', victim.path),
      { name: 'abs/bin/true', body: 'new' },
    )
    const { ran } = await loadAndRun([layer], `cd ${victim.path}; cat secret new etc/passwd bin/true`)
    expect(ran?.stdout).toBe('insidenewnewnew')
  })
})

describe('two layers (3, 5, 6, 8)', () => {
  it('writing, removing and emptying through a link of the layer below stays in the image', async () => {
    const lower = rawTar(...busybox, link('etc', victim.path), link('data', victim.path))
    const upper = rawTar(
      { name: 'etc/secret', body: 'evil' },
      { name: 'etc/.wh.secret' },
      { name: 'data/.wh..wh..opq' },
      { name: 'data/etc/.wh.passwd' },
      hard('data/copy', 'etc/secret'),
    )
    const { loaded } = await loadAndRun([lower, upper], 'ls -l / /etc/ /data/')
    expectCode(loaded)
  })

  it('a link as the directory that the next layer fills, and back', async () => {
    const name = freshName()
    const layers = [
      rawTar(...busybox, directory('a'), { name: 'a/file', body: 'one' }, link('b', '/a')),
      rawTar(link('a', victim.path)),
      rawTar(directory('a'), { name: 'a/secret', body: 'two' }, directory('b')),
    ]
    expectCode(await load(dockerArchive({ layers, name })))
    const ran = expectCode(
      await tsrun(['--rm', name, 'sh', '-c', 'find /a /b -type f -exec cat {} +; stat -c %F /a /b']),
    )
    expect(ran.stdout).toBe('twodirectory\ndirectory\n')
    await tsbuild(['rmi', '-f', name])
  })

  it('honest images that replace links by files and directories by links work', async () => {
    const name = freshName()
    const layers = [
      rawTar(...busybox, link('bin/tool', 'busybox'), directory('lib'), { name: 'lib/one', body: '1' }),
      rawTar(
        { name: 'bin/tool', body: 'a file now' },
        directory('usr'),
        directory('usr/lib'),
        { name: 'usr/lib/one', body: '1' },
        { name: '.wh.lib' },
        link('lib', 'usr/lib'),
        { name: 'lib/two', body: '2' },
      ),
    ]
    expectCode(await load(dockerArchive({ layers, name })))
    const ran = expectCode(await tsrun(['--rm', name, 'sh', '-c', 'cat /bin/tool /lib/one /usr/lib/two']))
    expect(ran.stdout).toBe('a file now12')
    await tsbuild(['rmi', '-f', name])
  })
})

describe('what only overlayfs understands (10)', () => {
  it('forged in a layer has no effect and does not travel', async () => {
    const forged = {
      'SCHILY.xattr.trusted.overlay.redirect': '/secret',
      'SCHILY.xattr.trusted.overlay.opaque': 'y',
      'SCHILY.xattr.trusted.overlay.metacopy': '',
      'SCHILY.xattr.trusted.overlay.whiteout': 'y',
      'SCHILY.xattr.user.overlay.redirect': '/secret',
      'SCHILY.xattr.user.overlay.opaque': 'y',
      'SCHILY.xattr.security.selinux': 'system_u:object_r:shadow_t',
      'SCHILY.xattr.trusted.foreign': 'x',
      'SCHILY.xattr.user.honest': 'yes',
    }
    const lower = rawTar(
      ...busybox,
      directory('secret'),
      { name: 'secret/key', body: 'key', mode: 0 },
      directory('d'),
      {
        name: 'd/below',
        body: 'below',
      },
    )
    const upper = rawTar(
      paxMember(forged),
      directory('d'),
      paxMember(forged),
      { name: 'd/meta', size: 0 },
      paxMember(forged),
      directory('other'),
    )
    const name = freshName()
    expectCode(await load(dockerArchive({ layers: [lower, upper], name })))
    const ran = expectCode(
      await tsrun(['--rm', name, 'sh', '-c', 'cat /d/below; ls /other; stat -c %s /d/meta']),
    )
    expect(ran.stdout).toBe('below0\n')
    using saved = makeDirectory({ Dockerfile: `FROM ${name}\n` })
    const tar = join(saved.path, 'root.tar')
    expectCode(await tsbuild(['-o', `type=tar,dest=${tar}`, '.'], { cwd: saved.path }))
    const text = readFileSync(tar, 'latin1')
    expect(text).toContain('user.honest')
    expect(text).not.toMatch(/overlay\.|selinux|trusted/)
    await tsbuild(['rmi', '-f', name])
  })
})

describe('special files (9)', () => {
  it('in layers hang nothing', async () => {
    const layer = rawTar(
      ...busybox,
      { name: 'fifo', type: '6' },
      { name: 'zero', type: '3', major: 1, minor: 5 },
      { name: 'disk', type: '4', major: 8, minor: 0, mode: 0o666 },
      link('loop', 'loop'),
    )
    const name = freshName()
    expectCode(await load(dockerArchive({ layers: [layer], name })))
    await using built = await buildAttack(
      `FROM ${name}\nCOPY --from=${name} / /copy/\nFROM busybox\nCOPY --from=0 /copy /copy\n`,
    )
    expectCode(built.outcome)
    const open = expectCode(await tsrun(['--rm', name, 'sh', '-c', 'cat /disk 2>&1; ls -l /disk']))
    expect(open.stdout).toMatch(/not permitted[\s\S]*brw/)
    await tsbuild(['rmi', '-f', name])
  })
})
