import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RootMount } from '../../src/foundation/native/index.ts'

/**
 * Mounts a root in this mount namespace for as long as `use` runs: by the kernel itself, without the helper, so that
 * tests of the store do not depend on it. Lower layers go through short links, since mount(2) takes 4095 bytes.
 */
export const withMounted = <R>(root: RootMount, use: (path: string) => R): R => {
  const temp = mkdtempSync(join(tmpdir(), 'tsbuild-mnt-'))
  const target = join(temp, 'root')
  const images: string[] = []
  mkdirSync(target)
  try {
    if (root.kind === 'bind') {
      execFileSync('mount', ['--bind', root.source, target])
      if (root.readonly) execFileSync('mount', ['-o', 'remount,bind,ro', target])
    } else {
      root.lower.forEach((path, i) => {
        const image = root.images?.get(path)
        if (image === undefined) symlinkSync(path, join(temp, `${i}`))
        else images.push(mountImage([path, ...image.data], join(temp, `${i}`)))
      })
      const lower = root.lower.map((_, i) => i).join(':')
      // `volatile`: or every umount would wait for all that anybody writes to this disk.
      const writable = root.upper && root.work ? `,upperdir=${root.upper},workdir=${root.work},volatile` : ''
      const fixed = 'redirect_dir=nofollow,metacopy=off,index=off'
      // An overlay without upperdir wants two lowerdirs.
      const pad = root.lower.length === 1 && writable === '' ? ':pad' : ''
      if (pad) mkdirSync(join(temp, 'pad'))
      execFileSync(
        'mount',
        ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower}${pad}${writable},${fixed}`, target],
        {
          cwd: temp,
        },
      )
    }
    try {
      return use(target)
    } finally {
      execFileSync('umount', [target])
    }
  } finally {
    if (images.length > 0) execFileSync('umount', images)
    rmSync(temp, { recursive: true, force: true, maxRetries: 2 })
  }
}

/** Mounts an EROFS image at `target`; its devices go with the mount. One process: starting more from here takes long. */
const mountImage = (files: readonly string[], target: string): string => {
  const script = `
    mkdir "$1"; target=$1; shift; loops=; source=; options=ro
    trap 'losetup --detach $loops' EXIT
    for file; do
      loop=$(losetup --find --show --read-only "$file"); loops="$loops $loop"
      if [ "$source" ]; then options="$options,device=$loop"; else source=$loop; fi
    done
    mount -t erofs -o "$options" "$source" "$target"`
  execFileSync('sh', ['-euc', script, 'sh', target, ...files])
  return target
}

/** Runs a shell script with `path` as its root directory. The root needs /bin/sh. Output goes to the error on failure. */
export const runInRoot = (path: string, script: string): string =>
  execFileSync('chroot', [path, '/bin/sh', '-euc', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
