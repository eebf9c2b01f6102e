import type { ContentProblem, ContentWitness } from '../../foundation/filetree/index.ts'
import type { IndexBuilder } from './index-builder.ts'
import { contentRefused } from './layer-error.ts'

/** The place in an index that is to have the digest of a file. */
export interface AskedDigest {
  readonly index: Pick<IndexBuilder, 'digest'>
  readonly place: number
  /** For messages, where there is no witness. */
  readonly path: string
  readonly witness: ContentWitness | undefined
}

/** The bytes have this digest. */
export const answer = ({ index, place, witness }: AskedDigest, digest: string): void => {
  witness?.read(digest)
  index.digest(place, digest)
}

/** The error for a file that cannot be read as it should. */
export const refusalOf = ({ path, witness }: AskedDigest, problem: ContentProblem): Error =>
  witness?.refused(problem) ?? contentRefused(path, problem)

/** A file that ends early. */
export const shortContent = (
  what: string,
  sizes: { readonly expected: number; readonly found: number },
  asked: AskedDigest | undefined,
): Error => {
  const problem = { kind: 'short', ...sizes } as const
  return asked === undefined ? contentRefused(what, problem) : refusalOf(asked, problem)
}

/** A digest that comes later, of one of many files: kept in as little memory as it takes. */
export interface ExpectedDigest {
  readonly index: AskedDigest['index']
  readonly place: number
  /** Bytes of the file. */
  readonly size: number
  /** What its witness is made of again, or all that is known. */
  readonly witnesses: ((file: number) => ContentWitness) | undefined
  readonly file: number
  readonly asked: AskedDigest | undefined
}

export const expectDigest = (asked: AskedDigest, size: number): ExpectedDigest => {
  const { index, place, witness } = asked
  const again = witness?.again
  return again === undefined
    ? { index, place, size, witnesses: undefined, file: 0, asked }
    : { index, place, size, witnesses: again.of, file: again.file, asked: undefined }
}

/** As it was asked. The path is that of the witness's own words. */
export const askedAgain = ({ index, place, witnesses, file, asked }: ExpectedDigest): AskedDigest =>
  asked ?? { index, place, path: '', witness: witnesses?.(file) }
