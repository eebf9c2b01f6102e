import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tsbuildVerbs } from '../../../src/cli/verbs.ts'
import { verifyStore } from '../../../src/engine/fsck/verify-store.ts'
import { openStore } from '../../../src/engine/store.ts'
import { makeTar } from '../../support/archive/make-tar.ts'
import { canMake, type Disk, type DiskKind, makeDisk } from '../../support/disk.ts'
import { runVerb, type VerbResult } from '../../support/memory-cli.ts'

const verb = async (root: string, line: string): Promise<VerbResult> => {
  const [name = '', ...argv] = line.split(' ')
  const load = tsbuildVerbs[name]
  if (!load) throw new Error(`no verb ${name}`)
  return runVerb(await load(), argv, { root, cwd: join(root, '..'), now: Date.now })
}

const rootfs = async (path: string, bytes: number): Promise<void> =>
  writeFileSync(
    path,
    await makeTar([
      { name: 'etc/', type: 'directory' },
      { name: 'etc/file', content: 'x'.repeat(bytes) },
    ]),
  )

const sizes: readonly (readonly [DiskKind, number])[] = [
  ['ext4', 48],
  ['xfs', 320],
  ['btrfs', 160],
  ['tmpfs', 48],
]

describe.each(sizes.filter(([kind]) => canMake(kind)))('a store on %s', (kind, size) => {
  let disk: Disk
  let root: string
  beforeAll(() => {
    disk = makeDisk(kind, size)
    root = join(disk.path, 'store')
  })
  afterAll(() => disk[Symbol.dispose]())

  it('takes images, and is whole', async () => {
    await rootfs(join(disk.path, 'small.tar'), 100_000)
    expect((await verb(root, 'import small.tar app:v1')).code).toBe(0)
    expect((await verb(root, 'save -o saved.tar app:v1')).code).toBe(0)
    const store = openStore({ root })
    const image = store.images.resolve('app:v1')
    await store.snapshots.view(image?.stack ?? [])
    expect((await verifyStore(store)).damaged).toBe(0)
  })

  it('says that the disk is full, loses nothing, and goes on when there is space again', async () => {
    await rootfs(join(disk.path, 'big.tar'), 4_000_000)
    fill(disk.path)
    for (const line of ['import big.tar big', 'load -q -i saved.tar', 'import small.tar other']) {
      const { code, stderr } = await verb(root, line)
      // What is here already takes no space.
      if (code === 0 && line.startsWith('load')) continue
      expect(stderr, line).toMatch(/no space left|ENOSPC/)
      expect(code, line).toBe(74)
    }
    expect((await verb(root, 'images -q app')).stdout).not.toBe('')
    // It may free nothing here, but it must not fail for want of space.
    expect(await verb(root, 'prune -f')).toMatchObject({ code: 0, stderr: '' })
    rmSync(join(disk.path, 'ballast'))
    expect((await verb(root, 'import big.tar big')).code).toBe(0)
    expect((await verb(root, 'tag app:v1 app:v2')).code).toBe(0)
    const report = await verifyStore(openStore({ root }))
    expect(report.steps.flatMap((step) => step.findings)).toEqual([])
  })

  it('reads from a disk that is mounted read-only, and refuses to write', async () => {
    disk.remount('ro')
    expect((await verb(root, 'images -q app')).stdout).not.toBe('')
    for (const line of ['inspect app:v1', 'history app:v1', 'df', 'fsck'])
      expect(await verb(root, line), line).toMatchObject({ code: 0, stderr: '' })
    for (const line of ['tag app:v1 app:v3', 'rmi app:v1', 'load -q -i saved.tar', 'import small.tar x']) {
      const { code, stderr } = await verb(root, line)
      expect(code, line).not.toBe(0)
      expect(stderr, line).toMatch(/read-only|EROFS/)
    }
    disk.remount('rw')
    expect((await verb(root, 'images -q app')).stdout).not.toBe('')
    expect((await verb(root, 'tag app:v1 app:v3')).code).toBe(0)
  })
})

/** Takes all the space there is. */
const fill = (directory: string): void => {
  const path = join(directory, 'ballast')
  for (const size of [1 << 20, 1 << 16, 1 << 12, 1 << 9])
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size, 1), { flag: 'a', flush: true })
    } catch {
      // Full for pieces of this size.
    }
}
