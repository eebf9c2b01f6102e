import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { fsPath } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** O_PATH of <fcntl.h>, the same on all architectures of Linux; Node has no name for it. */
const O_PATH = 0o10000000
/** As many links as the kernel follows. */
const linkLimit = 40

/** An entry of an open directory, which may not be there yet. */
export interface Place {
  /** Descriptor, O_PATH. */
  readonly directory: number
  /** One component; `.` is the directory itself. */
  readonly name: string
  /** Absent when there is no such entry. */
  readonly stat?: Stats
  [Symbol.dispose](): void
}

/**
 * Finds `path` below `root`, whose links are followed inside it only: every step is made from a descriptor and never through
 * a link, so that a container that changes its files meanwhile cannot lead outside. `follow`: a link at the end too. Undefined
 * when a directory on the way is missing or is none.
 */
export const placeInRoot = (root: HostPath, path: string, follow: boolean): Place | undefined => {
  const opened: number[] = []
  const dispose = (): void => {
    for (const fd of opened.splice(0)) closeSync(fd)
  }
  try {
    const place = find(root, path, follow, opened)
    return { ...place, [Symbol.dispose]: dispose }
  } catch (error) {
    dispose()
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined
    throw error
  }
}

const find = (
  root: HostPath,
  path: string,
  follow: boolean,
  opened: number[],
): Omit<Place, typeof Symbol.dispose> => {
  const enter = (at: string, flags: number): number => {
    const fd = openSync(fsPath(at), O_PATH | constants.O_DIRECTORY | flags)
    opened.push(fd)
    return fd
  }
  // The root itself may be a magic link (/proc/PID/root).
  const trail = [enter(root, 0)]
  const steps = stepsOf(path)
  let links = 0
  for (let name = steps.shift(); name !== undefined; name = steps.shift()) {
    const directory = innermost(trail)
    if (name === '..') {
      if (trail.length > 1) trail.pop()
      continue
    }
    const at = `/proc/self/fd/${directory}/${name}`
    const stat = lstatSync(fsPath(at), { throwIfNoEntry: false })
    const isLink = stat?.isSymbolicLink() === true
    if (steps.length === 0 && !(follow && isLink)) return { directory, name, ...(stat ? { stat } : {}) }
    if (!isLink) trail.push(enter(at, constants.O_NOFOLLOW))
    else if (++links > linkLimit) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
    else followLink(at, trail, steps)
  }
  const directory = innermost(trail)
  return { directory, name: '.', stat: lstatSync(`/proc/self/fd/${directory}/.`) }
}

const innermost = (trail: readonly number[]): number => trail.at(-1) ?? -1

/** What the link says comes before the steps that are left; an absolute one begins at the root of the container. */
const followLink = (at: string, trail: number[], steps: string[]): void => {
  const target = readlinkSync(fsPath(at))
  if (target.startsWith('/')) trail.length = 1
  steps.unshift(...stepsOf(target))
}

const stepsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')
