import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { ContainerError } from './errors.ts'

/** O_PATH of <fcntl.h>, the same on all architectures of Linux; Node has no name for it. */
const O_PATH = 0o10000000
/** As many links as the kernel follows. */
const linkLimit = 40

/**
 * Text of a regular file below `root`, whose links are followed inside it only: every step is made from a descriptor
 * and never through a link, so that a container that changes its files meanwhile cannot lead outside (SECURITY: user
 * lookup). Undefined when there is no such file or it is of another type. Throws `file-too-large` above `limit` bytes.
 */
export const readInRoot = (root: HostPath, path: string, limit = 1 << 20): string | undefined => {
  const opened: number[] = []
  const open = (at: string, flags: number): number => {
    const fd = openSync(at, flags)
    opened.push(fd)
    return fd
  }
  try {
    // The root itself may be a magic link (/proc/PID/root).
    const top = open(root, O_PATH | constants.O_DIRECTORY)
    const fd = walk(top, path, open)
    if (fd === undefined || !fstatSync(fd).isFile()) return undefined
    // Through /proc the very inode that was looked at is opened, whatever has the name by now.
    return readLimited(open(`/proc/self/fd/${fd}`, constants.O_RDONLY), path, limit)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined
    throw error
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

const walk = (top: number, path: string, open: (at: string, flags: number) => number): number | undefined => {
  const trail = [top]
  let rest = path.split('/')
  let links = 0
  while (rest.length > 0) {
    const [name = '', ...after] = rest
    rest = after
    const here = trail.at(-1) ?? top
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (trail.length > 1) trail.pop()
      continue
    }
    const at = `/proc/self/fd/${here}/${name}`
    const fd = open(at, O_PATH | constants.O_NOFOLLOW)
    if (!fstatSync(fd).isSymbolicLink()) {
      trail.push(fd)
      continue
    }
    if (++links > linkLimit) return undefined
    const target = readlinkSync(at)
    if (target.startsWith('/')) trail.length = 1
    rest = [...target.split('/'), ...rest]
  }
  return trail.at(-1)
}

const readLimited = (fd: number, path: string, limit: number): string => {
  const buffer = Buffer.alloc(limit + 1)
  let length = 0
  for (let n = -1; n !== 0 && length <= limit; length += n)
    n = readSync(fd, buffer, length, buffer.length - length, null)
  if (length > limit) {
    throw new ContainerError('file-too-large', `read /${path} of the container: more than ${limit} bytes`, {
      exitCode: exitCode.engine,
    })
  }
  return buffer.toString('utf8', 0, length)
}
