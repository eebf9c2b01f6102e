import { lstatSync, statSync } from 'node:fs'
import { InternalError } from '../errors/index.ts'
import type { HostPath } from '../oci/index.ts'

/** An operation of a recipe (native/recipe_*.c says what each letter does) and its fields. */
export type RecipeItem = readonly [operation: string, ...fields: readonly (string | Uint8Array)[]]

/** What the helper knows it by (native/recipe_read.c). */
const mark = 'tsbuild recipe 1\n'

/** Without it a recipe is cut off. */
const end: RecipeItem = ['.']

/** The bytes of a recipe: each item is a letter, 16 bits of count, and for each field 32 bits of size and the bytes. */
export const encodeRecipe = (items: readonly RecipeItem[]): Buffer =>
  Buffer.concat([Buffer.from(mark), ...[...items, end].flatMap(encodeItem)])

const encodeItem = ([operation, ...fields]: RecipeItem): readonly Buffer[] => {
  if (operation.length !== 1 || fields.length > 0xffff) throw new InternalError('write a recipe')
  const head = Buffer.alloc(3)
  head.write(operation, 'latin1')
  head.writeUInt16LE(fields.length, 1)
  return [head, ...fields.flatMap(encodeField)]
}

const encodeField = (field: string | Uint8Array): readonly Buffer[] => {
  const bytes = Buffer.from(field)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length)
  return [size, bytes]
}

/** Milliseconds. A file that has changed less long ago may change again without looking otherwise: the clock of files goes in steps. */
const tellable = 1000

/** That a file or directory, or that there is none, is as it is now. Undefined where it is too fresh to tell. */
export const unchanged = (path: HostPath): RecipeItem | undefined => {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (!found) return absent(path)
  const { dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs } = found
  const changed = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n)
  if (Date.now() - changed < tellable) return undefined
  return ['S', path, [dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs].join(':')]
}

/** That the same file or directory is at a path, whatever becomes of what is in it. Undefined where there is none. */
export const stillThere = (path: HostPath): RecipeItem | undefined => {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found && ['E', path, `${found.dev}:${found.ino}`]
}

/** That nothing is there. Undefined where something is. */
export const absent = (path: HostPath): RecipeItem | undefined =>
  lstatSync(path, { throwIfNoEntry: false }) ? undefined : ['A', path]

/** That a file, no link, has these bytes, and this mode where one is given. */
export const sameBytes = (path: HostPath, bytes: Uint8Array, mode?: number): RecipeItem => [
  'V',
  path,
  mode === undefined ? '' : String(mode),
  bytes,
]

/** That a file has these lines with the word, and no others. */
export const sameLines = (path: HostPath, word: string, text: string): RecipeItem => [
  'G',
  path,
  word,
  text
    .split(/(?<=\n)/)
    .filter((line) => line.includes(word))
    .join(''),
]
