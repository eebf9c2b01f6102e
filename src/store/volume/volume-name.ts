import { randomHex } from '../../foundation/sys/index.ts'
import { VolumeError } from './errors.ts'

/** Docker's grammar. It begins with a letter or digit, so no name is a path and none is one of the store's own entries. */
const grammar = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/** NAME_MAX of the file systems that a store can lie on. */
const longest = 255

/** Throws `bad-volume-name`. */
export const checkVolumeName = (name: string): string => {
  const shown = JSON.stringify(name.slice(0, 300))
  if (!grammar.test(name)) {
    throw new VolumeError(
      'bad-volume-name',
      `use volume ${shown}: expected a letter or digit and then letters, digits, "_", "." and "-"`,
      { hint: 'for a directory of the host, write an absolute path, or one that begins with "./"' },
    )
  }
  if (name.length < 2 || name.length > longest) {
    throw new VolumeError(
      'bad-volume-name',
      `use volume ${shown}: expected 2 to ${longest} characters, found ${name.length}`,
    )
  }
  return name
}

/** Docker's form of a name that nobody gave: 64 hex digits. */
export const anonymousName = (): string => randomHex(32)
