import { baseOf, type FileTree, joinInRoot, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { PatternList } from '../context/index.ts'

/** A part of a directory. */
export interface Selection {
  /** The tree with nothing else in that directory. */
  readonly view: FileTree
  /** Directories that are only on the way to what is selected; paths of the tree, in tree order. */
  readonly partial: ReadonlySet<string>
  readonly isEmpty: boolean
}

export interface SelectionPatterns {
  /** Absent: everything. */
  readonly include: PatternList | undefined
  readonly exclude: PatternList | undefined
}

/**
 * What patterns leave of a directory; they are relative to it. What matches a directory matches all below it; a later `!` takes
 * back, also below a directory that is left out. Symlinks are not followed.
 */
export const selectBelow = (
  tree: FileTree,
  directory: TreeEntry,
  { include, exclude }: SelectionPatterns,
): Selection => {
  const kept = new Map<string, readonly TreeEntry[]>()
  const partial = new Set<string>()

  const isKept = (child: TreeEntry, path: string, above: State): boolean => {
    const state = stateOf(path, above)
    if (child.type !== 'directory') return state.selected
    if (!mayHoldMore(path, state)) return state.selected
    const any = walk(child.path, path, state)
    if (any && !state.selected) partial.add(child.path)
    return any || state.selected
  }
  const walk = (path: string, relative: string, state: State): boolean => {
    const children = tree
      .children(path)
      .filter((child) => isKept(child, joinInRoot(relative, baseOf(child.path)), state))
    kept.set(path, children)
    return children.length > 0
  }
  const stateOf = (path: string, above: State): State => {
    const included = include?.matcher.enter(path, above.included ?? include.matcher.root)
    const excluded = exclude?.matcher.enter(path, above.excluded ?? exclude.matcher.root)
    return { included, excluded, selected: included?.ignored !== false && excluded?.ignored !== true }
  }
  /** Whether it has to be looked into; what is not remains as it is when it is selected. */
  const mayHoldMore = (path: string, { included, excluded }: State): boolean => {
    if (included?.ignored === false && include?.mayMatchBelow(path) === false) return false
    return excluded?.ignored !== true || exclude?.matcher.mayReturnBelow(path, excluded) === true
  }

  const isEmpty = !walk(directory.path, '', { included: undefined, excluded: undefined, selected: true })
  const view: FileTree = {
    lookup: tree.lookup,
    content: tree.content,
    contentDigest: tree.contentDigest,
    children: (path) => kept.get(path) ?? tree.children(path),
  }
  return { view, partial, isEmpty }
}

interface State {
  readonly included: ReturnType<PatternList['matcher']['enter']> | undefined
  readonly excluded: ReturnType<PatternList['matcher']['enter']> | undefined
  readonly selected: boolean
}
