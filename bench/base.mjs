// The images that the works start from, as archives that each tool imports.
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './command.mjs'

const applets = ['sh', 'cat', 'echo', 'ls', 'true', 'env', 'sleep', 'dd', 'mkdir', 'rm', 'test', 'wc']

const debian = new URL('../.cache/debian-bookworm.tar', import.meta.url).pathname

/** A tar with a root file system. Needs the Debian package busybox-static. */
const makeBusybox = async (directory) => {
  const root = join(directory, 'busybox')
  for (const name of ['bin', 'etc', 'tmp', 'root', 'proc', 'sys', 'dev'])
    mkdirSync(join(root, name), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  const archive = join(directory, 'busybox.tar')
  await must(['tar', '-C', root, '--numeric-owner', '--owner=0', '--group=0', '-cf', archive, '.'])
  return archive
}

/** Brings the Debian root into `directory`, where the peers can read it; makes it when it was never made. */
const makeDebian = async (directory) => {
  if (!existsSync(debian))
    await must(['sh', new URL('../scripts/base-image.sh', import.meta.url).pathname, debian])
  const archive = join(directory, 'debian.tar')
  copyFileSync(debian, archive)
  return archive
}

/** The archives below `directory` and the names that they get in every store; Debian's only when it is `wanted`. */
export const makeBases = async (directory, wanted) => ({
  busybox: { archive: await makeBusybox(directory), name: 'bench-busybox:1' },
  ...(wanted.includes('debian') && {
    debian: { archive: await makeDebian(directory), name: 'bench-debian:1' },
  }),
})
