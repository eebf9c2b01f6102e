import { joinInRoot, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'

/** As the kernel: more links on one way are taken for a loop. */
const maxLinks = 40

export interface ResolveOptions {
  /** Resolves a symlink in the last component too. */
  readonly follow: boolean
  /** What is missing on the way counts as a directory yet to be made; files on the way are left for the caller to refuse. */
  readonly create?: boolean
}

/**
 * Where a path ends up when symlinks are followed inside the tree only: absolute targets start at the root, `..` stops there.
 * `at` knows single entries and follows nothing. The last component may be absent. Undefined for a loop and, without `create`,
 * for a missing or non-directory component before the last.
 */
export const resolveInTree = (
  at: (path: string) => TreeEntry | undefined,
  path: string,
  options: ResolveOptions,
): string | undefined => {
  const pending = components(path)
  let here = ''
  let links = 0
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '..') {
      here = parentOf(here)
      continue
    }
    const next = joinInRoot(here, part)
    const last = pending.length === 0
    const entry = last && !options.follow ? undefined : at(next)
    if (entry?.type === 'symlink') {
      links += 1
      if (links > maxLinks) return undefined
      const target = entry.linkName ?? ''
      if (target.startsWith('/')) here = ''
      pending.push(...components(target))
      continue
    }
    if (!last && entry?.type !== 'directory' && options.create !== true) return undefined
    here = next
  }
  return here
}

/** Last first, so that `pop` gives the next one. */
const components = (path: string): string[] =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse()
