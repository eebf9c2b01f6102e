// The image that every workload starts from: busybox, as an archive that each tool imports.
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './measure.mjs'

const applets = ['sh', 'cat', 'echo', 'ls', 'true', 'env']

/** Path of a tar with a root file system. Needs the Debian package busybox-static. */
export const makeBase = (directory) => {
  const root = join(directory, 'base')
  for (const name of ['bin', 'etc', 'tmp', 'root', 'proc', 'sys', 'dev'])
    mkdirSync(join(root, name), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  const archive = join(directory, 'base.tar')
  must(['tar', '-C', root, '--numeric-owner', '--owner=0', '--group=0', '-cf', archive, '.'])
  return archive
}
