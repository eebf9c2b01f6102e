import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ContainerRequest,
  type MountTree,
  NativeError,
} from '../../../../src/foundation/native/index.ts'
import { makeOverlayBed, type OverlayBed, plainRequest, run } from '../../../support/container-request.ts'

let bed: OverlayBed
beforeEach(() => {
  bed = makeOverlayBed()
  for (const name of ['a', 'b', 'secret-of-host']) mkdirSync(join(bed.path, name))
  mkdirSync(join(bed.path, 'a/dir'))
  writeFileSync(join(bed.path, 'a/dir/low'), 'low')
  writeFileSync(join(bed.path, 'a/file'), 'file of a')
  writeFileSync(join(bed.path, 'b/file'), 'file of b')
  symlinkSync('/dir', join(bed.path, 'a/absolute'))
  symlinkSync(join(bed.path, 'secret-of-host'), join(bed.path, 'a/outside'))
  symlinkSync('../../../../../../../../../../../..', join(bed.path, 'a/climb'))
})
afterEach(() => bed[Symbol.dispose]())

const overlay = (...names: readonly string[]): MountTree => ({
  kind: 'overlay',
  lower: names.map((name) => join(bed.path, name)),
})

/** Binds of `[source in the tree, tree, options]` by destination. */
const withTrees = (
  script: string,
  binds: Readonly<Record<string, readonly [source: string, tree: MountTree, ...options: readonly string[]]>>,
): ContainerRequest => {
  const plain = plainRequest(bed, ['sh', '-c', script])
  const mounts = Object.entries(binds).map(([destination, [source, , ...options]]) => ({
    destination,
    type: 'bind',
    source,
    options: ['bind', 'rprivate', ...options],
  }))
  return {
    ...plain,
    spec: { ...plain.spec, mounts: [...plain.spec.mounts, ...mounts] },
    trees: new Map(Object.entries(binds).map(([destination, [, tree]]) => [destination, tree])),
  }
}

describe('a tree', () => {
  it('of one or several layers is bound whole or in part, and nothing else of it is seen', async () => {
    const both = overlay('b', 'a')
    const ran = await run(
      withTrees('cat /m/one/file /m/file /m/dir/low; echo; ls /..; grep -c overlay /proc/self/mounts', {
        '/m/one': ['/', overlay('a')],
        '/m/file': ['/file', both],
        '/m/dir': ['/dir', both],
      }),
    )
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toMatch(/^file of afile of blow/)
    expect(ran.stdout).toMatch(/^bin$/m)
    expect(ran.stdout).not.toMatch(/^(climb|lost\+found|boot)$/m)
    expect(ran.stdout).toMatch(/\n4\n$/)
    expect(existsSync(join(bed.upper, 'm'))).toBe(false)
  })

  it('goes with the root of the host: nothing of either is over the root of the container', async () => {
    const trees = [overlay('a'), overlay('a', 'b'), overlay('b')]
    for (let count = 0; count <= trees.length; count++) {
      const binds = trees.slice(0, count).map((tree, i) => [`/m${i}`, ['/', tree]] as const)
      for (const root of [{ volatile: false }, { upper: undefined, work: undefined }]) {
        const request = withTrees(
          'ls -i -d / /.. | cut -d/ -f1; cut -d" " -f5 /proc/self/mountinfo | grep -c "^/$"',
          Object.fromEntries(binds),
        )
        const ran = await run({ ...request, root: { ...request.root, ...root } as ContainerRequest['root'] })
        const [ours, above, roots] = ran.stdout.split('\n')
        expect(above).toBe(ours)
        expect(roots).toBe('1')
      }
    }
  })

  it('is read-only without an upper directory', async () => {
    const ran = await run(withTrees('touch /m/x; echo $?', { '/m': ['/', overlay('a')] }))
    expect(ran.stdout).toBe('1\n')
    expect(ran.stderr).toMatch(/Read-only/)
  })

  it('takes writes to its own upper directory', async () => {
    for (const name of ['u', 'w']) mkdirSync(join(bed.path, name))
    const tree = { ...overlay('a'), upper: join(bed.path, 'u'), work: join(bed.path, 'w') }
    const ran = await run(
      withTrees('echo new > /m/x; rm /m/file; touch /ro/x', {
        '/m': ['/', tree],
        '/ro': ['/', tree, 'ro'],
      }),
    )
    expect(ran.stderr).toMatch(/\/ro\/x: Read-only/)
    expect(readFileSync(join(bed.path, 'u/x'), 'utf8')).toBe('new\n')
    expect(readFileSync(join(bed.path, 'a/file'), 'utf8')).toBe('file of a')
  })

  it('of a directory of the host is bound too', async () => {
    const tree: MountTree = { kind: 'bind', source: join(bed.path, 'a'), readonly: false }
    await run(withTrees('echo more >> /m', { '/m': ['/file', tree] }))
    expect(readFileSync(join(bed.path, 'a/file'), 'utf8')).toBe('file of amore\n')
  })

  it('keeps symlinks of a source inside (SECURITY 43)', async () => {
    const tree: MountTree = { kind: 'bind', source: join(bed.path, 'a'), readonly: true }
    const inside = await run(
      withTrees('cat /m/low; ls /c', { '/m': ['/absolute', tree], '/c': ['/climb', tree] }),
    )
    expect(inside).toMatchObject({ code: 0, stdout: 'lowabsolute\nclimb\ndir\nfile\noutside\n' })
    for (const source of ['/outside', '/climb/etc/passwd', '/../../etc/passwd', '/nope'])
      await expect(run(withTrees('true', { '/m': [source, tree] }))).rejects.toThrow(NativeError)
  })
})

describe('files in memory', () => {
  const memory: MountTree = {
    kind: 'memory',
    files: [
      { name: '0', bytes: Buffer.from([0, 255, 10]), mode: 0o440, uid: 3, gid: 4 },
      { name: '1', bytes: Buffer.from('#!/bin/sh\necho script\n'), mode: 0o755, uid: 0, gid: 0 },
    ],
  }

  it('have their bytes, mode and owner, cannot be written, and their tree is not seen', async () => {
    const ran = await run(
      withTrees('stat -c "%a %u %g %s" /run/s; od -An -tx1 /run/s; /dev/pipes/EOF; echo x >> /run/s', {
        '/run/s': ['/0', memory, 'ro', 'nosuid', 'nodev', 'noexec'],
        '/dev/pipes/EOF': ['/1', memory, 'ro'],
      }),
    )
    expect(ran.stdout).toBe('440 3 4 3\n 00 ff 0a\nscript\n')
    expect(ran.stderr).toMatch(/Read-only/)
    expect(existsSync(join(bed.upper, 'run'))).toBe(false)
  })
})
