import { closeSync, openSync, readSync } from 'node:fs'
import { AppError } from '../../foundation/errors/index.ts'
import {
  createHasher,
  type Descriptor,
  type Digest,
  digestFrom,
  digestOf,
  type HostPath,
  type ImageConfig,
  type Manifest,
  parseImageConfig,
  parseManifest,
} from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import type { SnapshotStore } from '../snapshot/index.ts'
import { historyMatches } from './history.ts'
import type { Image } from './types.ts'

/**
 * Recomputes every digest and size of an image from the bytes in the store and compares documents, record and layers.
 * Returns what is wrong, one sentence each; nothing when the image is right. Makes the tar form of layers that lack it.
 */
export const validateImage = async (
  image: Image,
  store: { readonly content: ContentStore; readonly snapshots: SnapshotStore },
): Promise<readonly string[]> => {
  const problems: string[] = []
  const check = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem)
  }
  const manifest = attempt(problems, () => readManifest(store.content, image.manifest))
  const config = attempt(problems, () => parseImageConfig(store.content.read(image.id).toString('utf8')))
  if (!manifest || !config) return problems

  check(
    manifest.config.digest === image.id,
    `manifest names config ${manifest.config.digest}, not ${image.id}`,
  )
  check(
    manifest.config.size === store.content.stat(image.id)?.size,
    `manifest says that the config has ${manifest.config.size} bytes`,
  )
  check(historyMatches(config), 'history entries that make a layer are not as many as the layers')
  check(
    config.rootfs.diff_ids.length === image.stack.length && manifest.layers.length === image.stack.length,
    `config has ${config.rootfs.diff_ids.length} layers, manifest ${manifest.layers.length}, stack ${image.stack.length}`,
  )
  if (problems.length === 0) problems.push(...(await layerProblems(image, manifest, config, store.snapshots)))
  return problems
}

const layerProblems = async (
  image: Image,
  manifest: Manifest,
  config: ImageConfig,
  snapshots: SnapshotStore,
): Promise<readonly string[]> => {
  const problems: string[] = []
  for (const [position, id] of image.stack.entries()) {
    const diffId = config.rootfs.diff_ids[position]
    const layer = manifest.layers[position]
    const described = await snapshots.describe(id)
    if (described.diffId !== diffId)
      problems.push(`layer ${position} is ${described.diffId}, config says ${diffId}`)
    const tar = await snapshots.tarOf(id)
    const actual = measure(tar.path)
    if (actual.digest !== tar.digest || actual.size !== tar.size) {
      problems.push(`tar of layer ${position} has ${actual.size} bytes and digest ${actual.digest}`)
    }
    if (tar.digest !== diffId)
      problems.push(`tar of layer ${position} is ${tar.digest}, config says ${diffId}`)
    if (layer?.digest === diffId && layer?.size !== actual.size) {
      problems.push(`layer ${position} has ${actual.size} bytes, manifest says ${layer?.size}`)
    }
  }
  return problems
}

const readManifest = (content: ContentStore, descriptor: Descriptor): Manifest => {
  const bytes = content.read(descriptor.digest)
  if (bytes.length !== descriptor.size || digestOf(bytes) !== descriptor.digest) {
    throw new AppError('bad-image', `manifest has ${bytes.length} bytes, the record says ${descriptor.size}`)
  }
  return parseManifest(bytes.toString('utf8'))
}

const attempt = <T>(problems: string[], read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    problems.push(error.message)
    return undefined
  }
}

const measure = (path: HostPath): { readonly digest: Digest; readonly size: number } => {
  const hash = createHasher()
  const buffer = Buffer.allocUnsafe(1 << 20)
  const fd = openSync(path, 'r')
  let size = 0
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      hash.update(buffer.subarray(0, count))
      size += count
    }
  } finally {
    closeSync(fd)
  }
  return { digest: digestFrom(hash), size }
}
