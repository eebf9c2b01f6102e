import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type DiskKind = 'ext4' | 'xfs' | 'btrfs' | 'tmpfs'

/** A file system of its own, in a file: small, full when it should be, and cut off when it should be. */
export interface Disk {
  /** Where it is mounted. */
  readonly path: string
  /** Mounts it again with other options, e.g. `ro`. */
  remount(options: string): void
  /**
   * What a power cut at this moment leaves: a second disk from what has reached the first, with another boot in the store at `store`
   * below its root. What the kernel still keeps in memory is lost.
   */
  cut(store: string): Disk
  [Symbol.dispose](): void
}

const makers: Readonly<Record<Exclude<DiskKind, 'tmpfs'>, readonly string[]>> = {
  ext4: ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0'],
  xfs: ['mkfs.xfs', '-q', '-f'],
  btrfs: ['mkfs.btrfs', '-q', '-f'],
}

/** Can disks of this kind be made here? */
export const canMake = (kind: DiskKind): boolean => {
  if (kind === 'tmpfs') return true
  const program = makers[kind][0] ?? ''
  return ['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some((directory) => existsSync(join(directory, program)))
}

const run = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, {
    stdio: 'pipe',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  })

export const makeDisk = (kind: DiskKind, megabytes: number): Disk => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-disk-'))
  const image = join(work, 'image')
  if (kind !== 'tmpfs') {
    const [program = '', ...args] = makers[kind]
    writeFileSync(image, '')
    truncateSync(image, megabytes << 20)
    run(program, ...args, image)
  }
  return mounted(kind, work, megabytes)
}

const mounted = (kind: DiskKind, work: string, megabytes: number): Disk => {
  const path = join(work, 'mnt')
  const image = join(work, 'image')
  mkdirSync(path, { recursive: true })
  if (kind === 'tmpfs') run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path)
  else run('mount', '-t', kind, '-o', kind === 'xfs' ? 'loop,nouuid' : 'loop', image, path)
  return {
    path,
    remount: (options) => run('mount', '-o', `remount,${options}`, path),
    cut(store) {
      const other = mkdtempSync(join(tmpdir(), 'tsbuild-disk-'))
      run('cp', '--sparse=always', image, join(other, 'image'))
      const disk = mounted(kind, other, megabytes)
      otherBoot(join(disk.path, store, 'volatile'))
      return disk
    },
    [Symbol.dispose]() {
      run('umount', '-l', path)
      rmSync(work, { recursive: true, force: true })
    },
  }
}

const otherBoot = (directory: string): void => {
  if (!existsSync(directory)) return
  for (const name of readdirSync(directory))
    renameSync(join(directory, name), join(directory, 'before-the-cut'))
}
