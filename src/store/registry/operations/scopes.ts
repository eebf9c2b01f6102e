import { familiarName, formatReference, type Reference } from '../../../foundation/oci/index.ts'
import type { Endpoint, Repository } from '../types.ts'

/** distribution's scopes for reading from a repository. */
export const pullScope = ({ repository }: Pick<Endpoint, 'repository'>): readonly string[] => [
  `repository:${repository}:pull`,
]

/** For writing, which needs reading. */
export const pushScope = ({ repository }: Pick<Endpoint, 'repository'>): readonly string[] => [
  `repository:${repository}:pull,push`,
]

/** For messages. */
export const shownName = (name: Repository | Reference): string =>
  'tag' in name || 'digest' in name ? formatReference(name) : familiarName(name)
