import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, bootId } from '../../foundation/sys/index.ts'
import { canMount } from './probe-overlay.ts'
import type { StorePaths } from './store-paths.ts'

/** What overlay can take as a lower layer: a directory, or the metadata of an image and the tar with the bytes of its files. */
export interface LowerLayer {
  readonly path: HostPath
  readonly data?: HostPath
}

/** EROFS on loop devices, mounted with the rights of the machine's root. False when it is known not to work. */
export const mayMountImages = (paths: StorePaths): boolean => {
  possible ??=
    process.geteuid?.() === 0 &&
    existsSync(loopControl) &&
    /^\terofs$/m.test(textOf('/proc/filesystems')) &&
    initialUserNamespace.test(textOf('/proc/self/uid_map'))
  return possible && answerOf(paths) !== 'no'
}

const loopControl = '/dev/loop-control'

let possible: boolean | undefined

/** user_namespaces(7): the first one maps every id to itself. */
const initialUserNamespace = /^\s*0\s+0\s+4294967295\s*$/

/** Whether an image can be mounted here: tried out with the first one after a boot. */
export const mountsImages = async (paths: StorePaths, { path, data = '' }: LowerLayer): Promise<boolean> => {
  const known = answerOf(paths)
  if (known !== undefined) return known === 'yes'
  const works = await canMount({ kind: 'overlay', lower: [path], images: new Map([[path, data]]) })
  atomicWrite(join(paths.root, answerFile), `${machine()} ${works ? 'yes' : 'no'}\n`)
  return works
}

const answerFile = 'cache/images'

const answerOf = (paths: StorePaths): 'yes' | 'no' | undefined => {
  const [boot, devices, answer] = textOf(join(paths.root, answerFile)).trim().split(' ')
  if (`${boot} ${devices}` !== machine()) return undefined
  return answer === 'yes' || answer === 'no' ? answer : undefined
}

/** For what an answer holds: a container that shares the store has the same boot, but other devices. */
const machine = (): string => {
  const control = statSync(loopControl, { throwIfNoEntry: false })
  return `${bootId()} ${control === undefined ? 'none' : `${control.dev}:${control.ino}`}`
}

const textOf = (path: HostPath): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
