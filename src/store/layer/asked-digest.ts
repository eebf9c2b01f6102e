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
