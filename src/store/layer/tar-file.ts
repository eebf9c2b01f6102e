import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'
import { layerIo } from './layer-error.ts'
import { createTarParser } from './tar-parser.ts'
import type { TarLimits, TarParser, TarVisitor } from './types.ts'

const windowSize = 1024 * 1024

/** Reads an uncompressed tar file to its end. Contents nobody wants are jumped over. Throws `bad-layer`, `layer-io`. */
export const readLayerTar = (path: HostPath, visitor: TarVisitor, limits: TarLimits = {}): void => {
  pushFile(path, createTarParser(visitor, limits))
}

/** Feeds a file to a parser and ends it. */
export const pushFile = (path: HostPath, parser: TarParser): void => {
  const fd = open(path)
  try {
    const { size } = fstatSync(fd)
    const window = Buffer.allocUnsafeSlow(windowSize)
    for (let position = 0; ; ) {
      const count = readSync(fd, window, 0, windowSize, position)
      if (count === 0) break
      parser.push(window.subarray(0, count))
      position += count
      // Not beyond the end: the parser then finds that the archive is cut off.
      const jump = Math.max(0, Math.min(parser.skippable(), size - position))
      parser.skip(jump)
      position += jump
    }
    parser.end()
  } finally {
    closeSync(fd)
  }
}

const open = (path: HostPath): number => {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw layerIo(`open layer tar ${path}`, error)
  }
}
