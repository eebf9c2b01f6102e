import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LayerImage } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, bootId } from '../../foundation/sys/index.ts'
import { canMount } from './probe-overlay.ts'
import type { StorePaths } from './store-paths.ts'

/** What overlay can take as a lower layer: a directory, or the metadata of an image. */
export interface LowerLayer {
  readonly path: HostPath
  readonly image?: LayerImage
}

/** The metadata of an image, and the files with the bytes of its files. */
export interface ImageFiles {
  readonly path: HostPath
  readonly data: readonly HostPath[]
}

/** EROFS, mounted with the rights of the machine's root. False when it is known not to work. */
export const mayMountImages = (paths: StorePaths): boolean => {
  possible ??=
    process.geteuid?.() === 0 &&
    /^\terofs$/m.test(textOf('/proc/filesystems')) &&
    initialUserNamespace.test(textOf('/proc/self/uid_map'))
  return possible && answerOf(paths) !== 'no'
}

let possible: boolean | undefined

/** user_namespaces(7): the first one maps every id to itself. */
const initialUserNamespace = /^\s*0\s+0\s+4294967295\s*$/

type Backing = LayerImage['backing']

/** How an image is mounted here, if it can be: tried out with the first one after a boot. */
export const mountable = async (paths: StorePaths, files: ImageFiles): Promise<LowerLayer | undefined> => {
  const backing = answerOf(paths) ?? (await tryOut(paths, files))
  return backing === 'no' ? undefined : lowerOf(files, backing)
}

const lowerOf = ({ path, data }: ImageFiles, backing: Backing): LowerLayer => ({
  path,
  image: { backing, data },
})

const tryOut = async (paths: StorePaths, files: ImageFiles): Promise<Backing | 'no'> => {
  const answer = (await isDeepEnough(files)) ? 'files' : (await works(files)) ? 'loops' : 'no'
  atomicWrite(join(paths.root, answerFile), `${machine()} ${answer}\n`)
  return answer
}

/**
 * Of an image on files there must be room for two overlays on one another, as there is on loop devices: a container may mount one on
 * its root's directories. Some kernels take such an image for an overlay itself (FILESYSTEM_MAX_STACK_DEPTH is two).
 */
const isDeepEnough = (files: ImageFiles): Promise<boolean> =>
  canMount({ ...rootOf(lowerOf(files, 'files')), nested: true })

const works = (files: ImageFiles): Promise<boolean> => canMount(rootOf(lowerOf(files, 'loops')))

const rootOf = ({ path, image }: LowerLayer) =>
  ({ kind: 'overlay', lower: [path], images: new Map(image ? [[path, image]] : []) }) as const

const answerFile = 'cache/images'

const answerOf = (paths: StorePaths): Backing | 'no' | undefined => {
  const [boot, devices, answer] = textOf(join(paths.root, answerFile)).trim().split(' ')
  if (`${boot} ${devices}` !== machine()) return undefined
  return answer === 'files' || answer === 'loops' || answer === 'no' ? answer : undefined
}

/** For what an answer holds: a container that shares the store has the same boot, but other devices. */
const machine = (): string => {
  const control = statSync('/dev/loop-control', { throwIfNoEntry: false })
  return `${bootId()} ${control === undefined ? 'none' : `${control.dev}:${control.ino}`}`
}

const textOf = (path: HostPath): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
