import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const applets =
  'sh ash cat chmod chown cp cut date dd df dirname echo env expr false find grep head hostname id ifconfig ip kill ln ls md5sum mkdir mkfifo mknod mktemp mount mv nc nslookup od ping pivot_root printenv printf ps pwd readlink realpath rm rmdir route sed seq setsid sha256sum sleep sort stat stty su sync tail tar tee test touch tr true tty umount uname uniq usleep vi wc wget which whoami xargs yes'.split(
    ' ',
  )

export interface BusyboxRoot {
  /** Directory that holds bin/, etc/, tmp/ ... and can be a lowerdir or a bind root. */
  readonly path: string
  /** Removes it. */
  readonly [Symbol.dispose]: () => void
}

/** Writes a small root file system into `path`: static busybox with its applets, passwd, group, tmp, home. No mount points. */
export const fillBusyboxRoot = (path: string): void => {
  for (const directory of ['bin', 'etc', 'tmp', 'root', 'var', 'usr', 'home']) {
    mkdirSync(join(path, directory), { recursive: true, mode: 0o755 })
  }
  copyFileSync('/bin/busybox', join(path, 'bin/busybox'))
  for (const applet of applets) symlinkSync('busybox', join(path, 'bin', applet))
  writeFileSync(
    join(path, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  )
  writeFileSync(join(path, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
}

/** A fresh busybox root in a temporary directory (Debian package busybox-static). */
export const makeBusyboxRoot = (): BusyboxRoot => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-root-'))
  // The mode of the root comes from here: other users than root must be able to enter.
  chmodSync(path, 0o755)
  fillBusyboxRoot(path)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
