import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectCode, makeDirectory, runCommand, tsbuild, tsrun } from '../support/e2e/rig.ts'

test("flags that Node knows too are the program's own", async () => {
  using directory = makeDirectory({ env: 'GIVEN=by file\nTSBUILD_ROOT=/nonexistent/store\n' })
  const file = join(directory.path, 'env')
  const seen = await tsrun(['--rm', '--network', 'none', '--env-file', file, 'busybox', 'env'])
  expect(expectCode(seen).stdout).toContain('GIVEN=by file\nTSBUILD_ROOT=/nonexistent/store\n')
  const missing = await tsrun(['--rm', '--env-file', `${file}.no`, 'busybox', 'true'])
  expect(expectCode(missing, 125).stderr).toMatch(/--env-file .*\/env\.no: ENOENT/)
})

test('values behind = and switches with a value, as docker takes them', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM busybox\nCMD ["echo", "-t=x"]\n' })
  const options = { cwd: directory.path }
  expectCode(await tsbuild(['-t=forms-of-flags', '--pull=false', '--no-cache=true', '-q=true', '.'], options))
  const seen = await tsrun(['--rm=true', '--network=none', 'forms-of-flags', 'echo', '-t=x', '--pull=false'])
  expect(expectCode(seen).stdout).toBe('-t=x --pull=false\n')
  expectCode(await tsbuild(['rmi', 'forms-of-flags']))
})

test('the image id goes to a file, and beside a tar on standard output not into it', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  const options = { cwd: directory.path }
  const tar = expectCode(await tsbuild(['-q', '-o', '-', '--iidfile', 'id', '.'], options)).stdout
  expect(tar.endsWith('\0'.repeat(1024))).toBe(true)
  expect(readFileSync(join(directory.path, 'id'), 'utf8')).toMatch(/^sha256:[0-9a-f]{64}$/)
  const failed = expectCode(await tsbuild(['-q', '--iidfile', 'no/such/id', '.'], options), 74)
  expect(failed.stderr).toMatch(/write the image id to .*no\/such\/id: ENOENT/)
})

test('prune makes room on a full disk, where nothing can be written', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'tsbuild-full-'))
  try {
    expectCode(await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tsbuild-test', mount]))
    const root = join(mount, 'store')
    mkdirSync(root, { mode: 0o700 })
    expectCode(await tsbuild(['images'], { root }))
    await runCommand('dd', ['if=/dev/zero', `of=${join(root, 'trash/removed')}`, 'bs=64k'])
    using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    expect(expectCode(await tsbuild(['.'], { cwd: directory.path, root }), 74).stderr).toContain('prune')
    expectCode(await tsbuild(['prune', '-f'], { root }))
    expect(readdirSync(join(root, 'trash'))).toEqual([])
    expectCode(await tsbuild(['.'], { cwd: directory.path, root }))
  } finally {
    await runCommand('umount', [mount])
    rmSync(mount, { recursive: true, force: true })
  }
})

test('a store of a newer layout is left as it is, by commands for containers, volumes and networks too', async () => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-newer-'))
  try {
    const own = { env: { TSBUILD_ROOT: root } }
    expectCode(await tsrun(['volume', 'create', 'kept'], own))
    writeFileSync(join(root, 'version'), '2\n')
    const names = (): readonly string[] => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
    const before = names()
    const seen = await Promise.all([
      ...[['images'], ['prune', '-af'], ['fsck', '--repair']].map((args) => tsbuild(args, own)),
      ...[
        ['ps', '-a'],
        ['rm', '-f', 'any'],
        ['volume', 'rm', 'kept'],
        ['network', 'create', 'any'],
      ].map((args) => tsrun(args, own)),
    ])
    for (const { code, stderr } of seen) {
      expect(stderr).toMatch(/it has layout version 2, this program knows 1\nhint: /)
      expect(code).not.toBe(0)
    }
    expect(names()).toEqual(before)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
