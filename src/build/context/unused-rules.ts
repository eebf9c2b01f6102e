import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { IgnoreRule } from './ignore-rules.ts'

/** Names that are looked at at most; with more, no rule is called unused that might match one of the others. */
const most = 500_000

/**
 * The rules that match no file or directory below `directory`, whatever other rules say. Symlinks are not followed; directories that cannot
 * be read count as empty. Stops as soon as every rule has matched.
 */
export const unusedIgnoreRules = (
  directory: HostPath,
  rules: readonly IgnoreRule[],
): readonly IgnoreRule[] => {
  let open = [...rules]
  let seen = 0
  const waiting = ['']
  for (let below = waiting.pop(); below !== undefined && open.length > 0; below = waiting.pop()) {
    for (const entry of list(join(directory, below))) {
      const name = entry.name
      const path = below === '' ? name : `${below}/${name}`
      if (++seen > most) return []
      open = open.filter((rule) => !rule.wildcard.matches(path))
      if (entry.isDirectory()) waiting.push(path)
    }
  }
  return open
}

const list = (path: string): readonly Dirent[] => {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}
