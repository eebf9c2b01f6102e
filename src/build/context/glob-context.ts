import { AppError } from '../../foundation/errors/index.ts'
import {
  baseOf,
  cleanInRoot,
  type FileTree,
  parentOf,
  type TreeEntry,
} from '../../foundation/filetree/index.ts'
import { compileWildcard, type Wildcard } from './wildcard.ts'
import { hasWildcard } from './wildcard-syntax.ts'

/**
 * What a COPY source names in a tree, in code unit order of the paths' components. Leading components without wildcards are
 * a plain path whose symlinks are followed (in the tree only); from the first wildcard on, each component is a pattern of Go's
 * filepath.Match and links are not followed. The last component is never followed: a result may be a symlink.
 * [] when nothing matches. Throws `bad-pattern`.
 */
export const globContext = (tree: FileTree, pattern: string): readonly TreeEntry[] => {
  const parts = cleanInRoot(pattern).split('/')
  const first = parts.findIndex(hasWildcard)
  if (first < 0) {
    const path = parts.join('/')
    const entry = tree.lookup(path) ?? tree.lookup(withoutEscapes(path))
    return entry === undefined ? [] : [entry]
  }
  const start = tree.lookup(parts.slice(0, first).join('/'), { follow: true })
  const wildcards = parts.slice(first).map(compile)
  let found: readonly TreeEntry[] = start?.type === 'directory' ? [start] : []
  for (const wildcard of wildcards) {
    found = found.flatMap((entry) =>
      entry.type === 'directory'
        ? tree.children(entry.path).filter((child) => wildcard.matches(baseOf(child.path)))
        : [],
    )
  }
  return found
}

/** Where a literal source would stand: the deepest directory that exists on the way, and the first name missing in it. */
export const firstMissing = (
  tree: FileTree,
  path: string,
): { readonly directory: TreeEntry; readonly name: string } | undefined => {
  for (let missing = cleanInRoot(path); missing !== ''; missing = parentOf(missing)) {
    const directory = tree.lookup(parentOf(missing), { follow: true })
    if (directory?.type === 'directory') return { directory, name: baseOf(missing) }
  }
  return undefined
}

const withoutEscapes = (text: string): string => text.replaceAll(/\\(.)/gsu, '$1')

const compile = (part: string): Wildcard => {
  const wildcard = compileWildcard(part, { globstar: false })
  if (typeof wildcard !== 'string') return wildcard
  throw new AppError('bad-pattern', `read pattern ${JSON.stringify(part)}: ${wildcard}`, {
    hint: 'a backslash makes *, ? and [ plain characters',
  })
}
