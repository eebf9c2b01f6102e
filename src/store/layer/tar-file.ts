import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'
import { layerIo } from './layer-error.ts'
import { createTarParser } from './tar-parser.ts'
import type { TarLimits, TarParser, TarVisitor } from './types.ts'

const windowSize = 256 * 1024

/** Reads an uncompressed tar file to its end. Contents nobody wants are jumped over. Throws `bad-layer`, `layer-io`. */
export const readLayerTar = (path: HostPath, visitor: TarVisitor, limits: TarLimits = {}): void => {
  pushFile(path, createTarParser(visitor, limits))
}

/** Feeds a file to a parser and ends it. */
export const pushFile = (path: HostPath, parser: TarParser): void => {
  using file = followFile(path, parser)
  file.upTo(Number.MAX_SAFE_INTEGER)
  parser.end()
}

/** A file that is fed to a parser. */
export interface FollowedFile extends Disposable {
  /** Feeds what comes before byte `size`, or the end of the file, and was not fed before. */
  upTo(size: number): void
}

/** Opens a tar that may still be written. Throws `layer-io`. */
export const followFile = (path: HostPath, parser: TarParser): FollowedFile => {
  const fd = open(path)
  const window = Buffer.allocUnsafeSlow(windowSize)
  let position = 0
  return {
    upTo(wanted) {
      // Not beyond the end: the parser then finds that the archive is cut off.
      const size = Math.min(wanted, fstatSync(fd).size)
      while (position < size) {
        const jump = Math.min(parser.skippable(), size - position)
        parser.skip(jump)
        position += jump
        const count = readSync(fd, window, 0, Math.min(windowSize, size - position), position)
        parser.push(window.subarray(0, count))
        position += count
        if (jump + count === 0) break
      }
    },
    [Symbol.dispose]: () => closeSync(fd),
  }
}

const open = (path: HostPath): number => {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw layerIo(`open layer tar ${path}`, error)
  }
}
