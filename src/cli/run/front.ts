import { fstatSync } from 'node:fs'
import type { CliContext } from '../context.ts'

/**
 * Descriptor of the socket to the front that runs this process (bin/tsrun, native/front.c), if there is one. The variable passes to
 * programs that we start, the socket does not: so its inode is looked at.
 */
export const frontOf = ({ env }: Pick<CliContext, 'env'>): number | undefined => {
  const [, fd, inode] = /^(\d{1,4}):(\d{1,15})$/.exec(env['TSBUILD_FRONT'] ?? '') ?? []
  if (fd === undefined || inode === undefined) return undefined
  try {
    const stat = fstatSync(Number(fd))
    return stat.isSocket() && stat.ino === Number(inode) ? Number(fd) : undefined
  } catch {
    return undefined
  }
}
