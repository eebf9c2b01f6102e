import { joinInRoot, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'

/** As the kernel: more links on one way are taken for a loop. */
const maxLinks = 40

/**
 * Where a path ends up when symlinks are followed inside the tree only: absolute targets start at the root, `..` stops there.
 * `at` knows single entries and follows nothing. The last component may be absent (then the path is where it would be made);
 * a missing or non-directory component before it, or a loop, gives undefined.
 */
export const resolveInTree = (
  at: (path: string) => TreeEntry | undefined,
  path: string,
  options: { readonly follow: boolean },
): string | undefined => {
  const pending = path.split('/').reverse()
  let here = ''
  let links = 0
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      here = parentOf(here)
      continue
    }
    const next = joinInRoot(here, part)
    const entry = at(next)
    const last = pending.every((rest) => rest === '' || rest === '.')
    if (entry?.type === 'symlink' && (!last || options.follow)) {
      links += 1
      if (links > maxLinks) return undefined
      const target = entry.linkName ?? ''
      if (target.startsWith('/')) here = ''
      pending.push(...target.split('/').reverse())
      continue
    }
    if (!last && entry?.type !== 'directory') return undefined
    here = next
  }
  return here
}
