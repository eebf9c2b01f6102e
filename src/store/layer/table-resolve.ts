import { encodePath, joinInRoot } from '../../foundation/filetree/index.ts'
import { badLayer } from './layer-error.ts'
import { shown } from './member-path.ts'
import type { DirectoryNode, LeafNode, Place, TableNode } from './table-node.ts'

/** As the kernel's MAXSYMLINKS. */
const maxLinks = 40
/** Components that one path may pass, symlinks expanded: bounds the work a hostile tar can ask for. */
const maxSteps = 10_000

/** Components that name no child. */
const stays: ReadonlySet<string> = new Set(['', '.', '..'])

/** PATH_MAX without its NUL. */
const maxPath = 4095

/** What stands for a component that is missing or removed: a new directory, or undefined to give up. */
export type MakeMissing = (
  parent: Place,
  name: string,
  found: TableNode | undefined,
) => DirectoryNode | undefined

/**
 * Walks to a directory through what the tar itself has made. Symlinks are followed inside the root only: absolute targets
 * start at it, `..` stops there. The host's file system is never asked. Throws `bad-layer` for loops and non-directories.
 */
export const resolveDirectory = (
  root: DirectoryNode,
  path: string,
  makeMissing: MakeMissing,
): Place | undefined => {
  const start: Place = { path: '', node: root }
  /** Places above the current one. */
  let above: Place[] = []
  let here = start
  let links = 0
  const pending = path === '' ? [] : path.split('/').reverse()
  for (let steps = 0; pending.length > 0; steps++) {
    if (steps > maxSteps) throw badLayer(`too many components in ${shown(path)}`)
    const name = pending.pop() ?? ''
    if (name === '..') here = above.pop() ?? start
    if (stays.has(name)) continue
    const found = here.node.children.get(name)
    if (found?.kind === 'leaf') {
      const target = linkTarget(found, path, ++links)
      if (target.startsWith('/')) [here, above] = [start, []]
      pending.push(...target.split('/').reverse())
      continue
    }
    const node = found?.kind === 'directory' ? found : makeMissing(here, name, found)
    if (!node) return undefined
    above.push(here)
    here = { path: joinInRoot(here.path, name), node }
  }
  refuseLong(here.path, path)
  return here
}

const linkTarget = (leaf: LeafNode, path: string, links: number): string => {
  if (links > maxLinks) throw badLayer(`too many symlinks in ${shown(path)}`)
  const target = leaf.inode.entry.linkName
  if (target === undefined) throw badLayer(`${shown(path)} goes through a file`)
  return target
}

/** Symlinks can make a short name long. */
const refuseLong = (resolved: string, path: string): void => {
  if (resolved.length * 3 > maxPath && encodePath(resolved).length > maxPath)
    throw badLayer(`path too long: ${shown(path)}`)
}
