/** What the query of a repository's URL says. */
export interface GitQuery {
  readonly ref?: string
  readonly subdir?: string
  readonly checksum?: string
  readonly keepGitDir?: boolean
  readonly submodules?: boolean
  readonly mtime?: 'commit' | 'checkout'
}

const known = ['ref', 'tag', 'branch', 'commit', 'checksum', 'subdir', 'keep-git-dir', 'submodules', 'mtime']

/** `a=b&c=d`; a text is what is wrong with it. */
export const parseGitQuery = (query: string): GitQuery | string => {
  if (query === '') return {}
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name))
      return `its query has ${JSON.stringify(name)}, expected one of ${known.join(', ')}`
    if (values.has(name)) return `its query has ${name} twice`
    if (value === '' && name !== 'submodules' && name !== 'keep-git-dir')
      return `its query has no value for ${name}`
    values.set(name, value)
  }
  const ref = refIn(values)
  if (typeof ref === 'object') return ref.problem
  const flags = flagsIn(values)
  if (typeof flags === 'string') return flags
  const subdir = values.get('subdir')
  const checksum = values.get('checksum') ?? values.get('commit')
  if (values.has('commit') && checksum !== values.get('commit'))
    return 'its query has a commit and another checksum'
  return {
    ...(ref === undefined ? {} : { ref }),
    ...(subdir === undefined ? {} : { subdir }),
    ...(checksum === undefined ? {} : { checksum }),
    ...flags,
  }
}

const refIn = (values: ReadonlyMap<string, string>): string | undefined | { readonly problem: string } => {
  const tag = values.get('tag')
  const branch = values.get('branch')
  if (tag !== undefined && branch !== undefined) return { problem: 'its query has a tag and a branch' }
  const full = qualified('refs/tags/', tag) ?? qualified('refs/heads/', branch)
  const ref = values.get('ref')
  if (ref !== undefined && full !== undefined && ref !== full)
    return { problem: `its query has two refs, ${ref} and ${full}` }
  return full ?? ref
}

const qualified = (prefix: string, name: string | undefined): string | undefined =>
  name === undefined || name.startsWith(prefix) ? name : prefix + name

const flagsIn = (
  values: ReadonlyMap<string, string>,
): string | Pick<GitQuery, 'keepGitDir' | 'submodules' | 'mtime'> => {
  const keepGitDir = flag(values.get('keep-git-dir'))
  const submodules = flag(values.get('submodules'))
  if (keepGitDir === 'bad' || submodules === 'bad') return 'expected true or false in its query'
  const mtime = values.get('mtime')
  if (mtime !== undefined && mtime !== 'commit' && mtime !== 'checkout')
    return `expected mtime=commit or mtime=checkout, found ${JSON.stringify(mtime)}`
  return {
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(submodules === undefined ? {} : { submodules }),
    ...(mtime === undefined ? {} : { mtime }),
  }
}

/** Go's strconv.ParseBool; the name alone is true. */
const flag = (text: string | undefined): boolean | undefined | 'bad' => {
  if (text === undefined) return undefined
  if (['', '1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : 'bad'
}
