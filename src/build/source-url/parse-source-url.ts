import { cleanInRoot } from '../../foundation/filetree/index.ts'
import { parseGitChecksum, parseGitRef } from './git-names.ts'
import { type GitQuery, parseGitQuery } from './git-query.ts'
import { shownUrl } from './shown-url.ts'
import type { GitUrl, HttpUrl, SourceUrl } from './types.ts'

const other: SourceUrl = { kind: 'other' }

/** `user@host:path`; a port or a second colon belongs to the path. */
const scpForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9_[][A-Za-z0-9_.:[\]-]*?:(?!\/\/)./

/**
 * Tells repositories and files on the web from paths, as docker does: `git://`, `ssh://` and `user@host:path` are repositories,
 * `http(s)://` are when their path ends with `.git`, and other `http(s)://` are files.
 * A repository's ref and directory stand in the fragment (`#ref:dir`) or the query (`?ref=`, `branch=`, `tag=`, `commit=`,
 * `checksum=`, `subdir=`, `keep-git-dir=`, `submodules=`, `mtime=`).
 */
export const parseSourceUrl = (text: string): SourceUrl => {
  const protocol = /^([A-Za-z0-9]+):\/\//.exec(text)?.[1]?.toLowerCase()
  switch (protocol) {
    case 'http':
    case 'https':
      return /\.git$/.test(partsOf(text).base) ? gitUrl(text, false) : httpUrl(text)
    case 'git':
    case 'ssh':
      return gitUrl(text, false)
    case undefined:
      if (text.startsWith('github.com/')) return gitUrl(`https://${text}`, true)
      return scpForm.test(text) ? gitUrl(text, false) : other
    default:
      return other
  }
}

interface Parts {
  readonly base: string
  readonly query: string
  readonly fragment: string
}

const partsOf = (text: string): Parts => {
  const hash = text.indexOf('#')
  const head = hash < 0 ? text : text.slice(0, hash)
  const mark = head.indexOf('?')
  return {
    base: mark < 0 ? head : head.slice(0, mark),
    query: mark < 0 ? '' : head.slice(mark + 1),
    fragment: hash < 0 ? '' : text.slice(hash + 1),
  }
}

const bad = (text: string, message: string, hint?: string): SourceUrl => ({
  kind: 'bad',
  message: `read URL ${shownUrl(text)}: ${message}`,
  ...(hint === undefined ? {} : { hint }),
})

const httpUrl = (text: string): HttpUrl | SourceUrl => {
  // Upper case is a path to docker.
  if (!/^https?:/.test(text)) return other
  const [url = ''] = text.split('#')
  const parsed = parseUrl(url)
  if (parsed === undefined) return bad(text, 'expected scheme://host/path')
  const name = parsed.pathname.slice(parsed.pathname.lastIndexOf('/') + 1)
  const filename = decode(name) ?? name
  const isName = filename !== '' && filename !== '.' && filename !== '..' && !/[/\0]/.test(filename)
  return { kind: 'http', url, ...(isName ? { filename } : {}) }
}

const gitUrl = (text: string, ambiguous: boolean): SourceUrl => {
  const { base, query, fragment } = partsOf(text)
  const problem = problemOf(base)
  if (problem !== undefined) return bad(text, problem)
  const inQuery = parseGitQuery(query)
  if (typeof inQuery === 'string') return bad(text, inQuery)
  const names = namesOf(fragment, inQuery)
  if (typeof names === 'string') return bad(text, names, 'write it as REPOSITORY.git#REF:DIRECTORY')
  const { keepGitDir, submodules, mtime } = inQuery
  return {
    kind: 'git',
    remote: base,
    shortName: (base.split(/[/:]/).at(-1) ?? '').replace(/\.git$/, ''),
    ...names,
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(submodules === undefined ? {} : { submodules }),
    ...(mtime === undefined ? {} : { mtime }),
    ambiguous,
  }
}

/** A host or user that starts with a dash would be an option of ssh. */
const problemOf = (base: string): string | undefined => {
  if (/[\p{Cc}\s]/u.test(base)) return 'expected no spaces and no control characters'
  if (!base.includes('://')) return /@-/.test(base) ? 'its host starts with a dash' : undefined
  const parsed = parseUrl(base)
  if (parsed === undefined || parsed.hostname === '') return 'expected scheme://host/path'
  return parsed.hostname.startsWith('-') || parsed.username.startsWith('-')
    ? 'its host starts with a dash'
    : undefined
}

const namesOf = (fragment: string, query: GitQuery): string | Pick<GitUrl, 'ref' | 'subdir' | 'checksum'> => {
  const decoded = decode(fragment)
  if (decoded === undefined) return 'its fragment has a bad % escape'
  const colon = decoded.indexOf(':')
  const refOf = colon < 0 ? decoded : decoded.slice(0, colon)
  const subdirOf = colon < 0 ? '' : decoded.slice(colon + 1)
  const ref = agreed('ref', refOf, query.ref)
  const subdir = agreed('subdir', subdirOf, query.subdir)
  if (typeof ref === 'object') return ref.conflict
  if (typeof subdir === 'object') return subdir.conflict
  const checksum = query.checksum === undefined ? undefined : parseGitChecksum(query.checksum)
  if (query.checksum !== undefined && checksum === undefined)
    return 'expected 7 or more hex digits of a commit as its checksum'
  const wanted = ref || checksum
  if (wanted && parseGitRef(wanted) === undefined)
    return `expected a branch, tag or commit, found ${JSON.stringify(wanted)}`
  if (subdir.includes('\0')) return 'its subdirectory has a NUL character'
  const inside = cleanInRoot(subdir)
  return {
    ...(wanted ? { ref: wanted } : {}),
    ...(inside === '' ? {} : { subdir: inside }),
    ...(checksum === undefined ? {} : { checksum }),
  }
}

const agreed = (
  name: string,
  inFragment: string,
  inQuery: string | undefined,
): string | { readonly conflict: string } => {
  if (inQuery === undefined || inQuery === inFragment) return inFragment
  if (inFragment === '') return inQuery
  return { conflict: `its ${name} is ${inFragment} in the fragment and ${inQuery} in the query` }
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const parseUrl = (text: string): URL | undefined => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
