import { digestOf, hexOf } from '../../foundation/oci/index.ts'

const plain = /^[A-Za-z0-9_-]{1,100}$/

/**
 * File name of a key: the key itself where it is short and harmless, else `~` and its sha256. `~` is not in the plain
 * alphabet and nothing starts with a dot, so two keys never share a name and temp files are never taken for records.
 */
export const fileNameOf = (key: string): string => (plain.test(key) ? key : `~${hexOf(digestOf(key))}`)
