import { tmpdir } from 'node:os'
import { exitCode } from '../../../foundation/errors/index.ts'
import { parseGitRef, shownUrl } from '../../source-url/index.ts'
import { RemoteError } from '../errors.ts'
import { type Git, runGit } from './run-git.ts'

export interface ResolvedRef {
  /** Whole id, 40 or 64 hex digits; undefined when only fetching everything can tell (an abbreviated id). */
  readonly commit: string | undefined
  /** Id of the tag object, when the ref is an annotated tag. */
  readonly tag?: string
  /** Full name on the server; absent for what was given as a commit. */
  readonly name?: string
}

export const isWholeCommit = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

/**
 * Asks the server what a ref is; without one, its default branch. A name is a full name first, then a branch, then a tag, as
 * `git checkout` has it. Throws `ref-not-found`, `git-failed`.
 */
export const resolveRef = async (git: Git, ref: string | undefined): Promise<ResolvedRef> => {
  if (ref !== undefined && isWholeCommit(ref)) return { commit: ref }
  if (ref !== undefined && parseGitRef(ref) === undefined) throw notFound(git, ref)
  const patterns = ref === undefined ? ['HEAD'] : [ref, `${ref}^{}`]
  const listed = await runGit(git, ['ls-remote', '--', git.remote, ...patterns], { cwd: tmpdir() })
  const refs = parseListing(listed)
  if (ref === undefined) {
    const commit = refs.get('HEAD')
    if (commit === undefined) throw notFound(git, 'HEAD')
    return { commit, name: 'HEAD' }
  }
  const name = namesOf(ref).find((candidate) => refs.has(candidate))
  if (name === undefined) {
    if (/^[0-9a-f]{7,63}$/.test(ref)) return { commit: undefined }
    throw notFound(git, ref)
  }
  const object = refs.get(name)
  const commit = refs.get(`${name}^{}`) ?? object
  return { commit, name, ...(commit !== object && object !== undefined ? { tag: object } : {}) }
}

const namesOf = (ref: string): readonly string[] => [
  ref,
  `refs/${ref.replace(/^refs\//, '')}`,
  `refs/heads/${ref.replace(/^refs\/heads\//, '')}`,
  `refs/tags/${ref.replace(/^refs\/tags\//, '')}`,
]

const parseListing = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [id = '', name = ''] = line.split('\t')
      return isWholeCommit(id) ? [[name, id] as const] : []
    }),
  )

export const notFound = (git: Git, ref: string): RemoteError =>
  new RemoteError('ref-not-found', `fetch ${shownUrl(git.remote)}: it has no branch, tag or commit ${ref}`, {
    exitCode: exitCode.failed,
    hint: 'list what it has with `git ls-remote`',
  })
