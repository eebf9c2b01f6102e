import { readFileSync, statSync } from 'node:fs'
import type { RecipeItem } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** That a file has the bytes that it has now, and, where it is given, this mode. Throws when it has not got that mode now. */
export const storedFile = (path: HostPath, mode?: number): RecipeItem => {
  const bytes = readFileSync(path)
  if (mode !== undefined && (statSync(path).mode & 0o7777) !== mode) throw new TypeError('another mode')
  return ['V', path, mode === undefined ? '' : String(mode), bytes]
}

/** Milliseconds. The clock of files lags behind, by a tick of the kernel. */
const lag = 100

/** The same of a file that has not changed since a time (milliseconds since the epoch). Throws when it may have. */
export const checkedFile = (path: HostPath, since: number): RecipeItem => {
  const item = storedFile(path)
  // After it was read: what takes its place later is told by the bytes.
  if (statSync(path).ctimeMs >= since - lag) throw new TypeError('it has changed')
  return item
}

/** What a record of a name or an image leads to. Throws for what is none. */
export const recordOf = (
  bytes: Buffer,
): { readonly imageId: unknown; readonly manifest: unknown; readonly index: string | undefined } => {
  const { value } = fieldsOf(JSON.parse(bytes.toString()))
  const { imageId, manifest, index } = fieldsOf(value)
  return {
    imageId,
    manifest: fieldsOf(manifest)['digest'],
    index: index === undefined ? undefined : String(fieldsOf(index)['digest']),
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) throw new TypeError('not a record')
  return { ...value }
}
