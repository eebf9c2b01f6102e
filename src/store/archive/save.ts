import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { makeDirectories } from '../../foundation/sys/index.ts'
import { archiveContents } from './contents.ts'
import { ArchiveError, outputFailure } from './errors.ts'
import { tempBeside } from './target-file.ts'
import type { ArchiveFile, ArchiveStore, ByteSink, NamedImage } from './types.ts'
import { blobChunks, writeTar } from './write-tar.ts'

export interface SaveOptions {
  readonly signal?: AbortSignal
}

/**
 * What `docker save` writes since docker 25: an OCI layout with docker's manifest.json, which old and new docker, podman
 * and skopeo read. Put a file behind `out` with `writeTargetFile`.
 */
export const saveDockerArchive = async (
  store: ArchiveStore,
  images: readonly NamedImage[],
  out: ByteSink,
  options: SaveOptions = {},
): Promise<void> => {
  const { files } = await archiveContents(store, images, { docker: true, signal: options.signal })
  await writeTar(files, out, options.signal)
}

/** An OCI layout as a tar, without docker's manifest.json. */
export const saveOciArchive = async (
  store: ArchiveStore,
  images: readonly NamedImage[],
  out: ByteSink,
  options: SaveOptions = {},
): Promise<void> => {
  const { files } = await archiveContents(store, images, { docker: false, signal: options.signal })
  await writeTar(files, out, options.signal)
}

/**
 * An OCI layout as a directory, made beside `directory` and renamed. Refuses to replace anything but an empty directory
 * (`archive-io`).
 */
export const saveOciLayout = async (
  store: ArchiveStore,
  images: readonly NamedImage[],
  directory: HostPath,
  options: SaveOptions = {},
): Promise<void> => {
  checkFree(directory)
  const { files } = await archiveContents(store, images, { docker: false, signal: options.signal })
  try {
    makeDirectories(dirname(directory))
    const temp = tempBeside(directory)
    try {
      mkdirSync(join(temp, 'blobs/sha256'), { recursive: true })
      for (const file of files) {
        options.signal?.throwIfAborted()
        writeMember(temp, file)
      }
      renameSync(temp, directory)
    } finally {
      rmSync(temp, { recursive: true, force: true })
    }
  } catch (error) {
    throw outputFailure(directory, error)
  }
}

const writeMember = (layout: HostPath, file: ArchiveFile): void => {
  const path = join(layout, file.name)
  if ('bytes' in file) writeFileSync(path, file.bytes, { flag: 'wx' })
  else {
    const fd = openSync(path, 'wx')
    try {
      for (const chunk of blobChunks(file)) writeFileSync(fd, chunk)
    } finally {
      closeSync(fd)
    }
  }
}

/** Is there nothing at `directory`, or an empty directory? */
const checkFree = (directory: HostPath): void => {
  try {
    if (readdirSync(directory).length === 0) return
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw outputFailure(directory, error)
  }
  throw new ArchiveError('archive-io', `write ${directory}: it is not empty`, {
    exitCode: exitCode.usage,
    hint: 'remove it, or give the path of a new directory',
  })
}
