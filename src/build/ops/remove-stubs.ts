import { lstatSync, rmdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { cleanInRoot, joinInRoot } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/**
 * Takes the mount points that a step needed and its root lacked out of that root again, so that they are not in the layer: empty
 * files and empty directories at `paths` (absolute, in the container). What the step put in their place stays. No component may
 * be a symlink: the step may have made one that leads out (CVE-2024-23652). All its processes are gone, so nothing moves meanwhile.
 */
export const removeStubs = (root: HostPath, paths: readonly string[]): void => {
  // Deepest first: a directory that was made for a stub goes after it.
  for (const path of [...paths].map(cleanInRoot).sort((a, b) => b.length - a.length)) {
    const found = realEntry(root, path)
    if (found?.isFile() && found.size === 0) unlinkSync(join(root, path))
    else if (found?.isDirectory()) removeIfEmpty(join(root, path))
  }
}

const realEntry = (root: HostPath, path: string): ReturnType<typeof lstatSync> | undefined => {
  let at = ''
  let found: ReturnType<typeof lstatSync> | undefined
  for (const part of path.split('/')) {
    at = joinInRoot(at, part)
    found = lstatSync(join(root, at), { throwIfNoEntry: false })
    if (!found || found.isSymbolicLink()) return undefined
  }
  return found
}

const removeIfEmpty = (directory: HostPath): void => {
  try {
    rmdirSync(directory)
  } catch {
    // Not empty: the step uses it.
  }
}
