import { AppError } from '../../foundation/errors/index.ts'
import { baseOf, cleanInRoot, type FileTree, type TreeEntry } from '../../foundation/filetree/index.ts'
import { type BuildContext, cleanPath, globContext, hasWildcard, missingSource } from '../context/index.ts'
import type { CopyAction, InputIndex } from '../graph/index.ts'

/** Where file ops read from. */
export interface FileOpInputs {
  readonly inputs: (input: InputIndex) => FileTree
  /** Called only when something is copied from the build context. */
  readonly context: (name: string) => BuildContext
}

/** One thing to copy. */
export interface CopySource {
  readonly tree: FileTree
  /** Symlinks followed: a link that is named (or matched) stands for what it points at. */
  readonly entry: TreeEntry
  /** Name that it gets in a destination directory: as named, not as followed. */
  readonly name: string
  /** As named or matched, for messages. */
  readonly path: string
}

export interface ResolvedSources {
  readonly tree: FileTree
  /** Set when the tree is the build context. */
  readonly context: BuildContext | undefined
  readonly sources: readonly CopySource[]
  /** Patterns that match nothing: docker copies nothing and says nothing; we let the user know. */
  readonly unmatched: readonly string[]
}

/** Throws `source-not-found` (with the ignore rule or a similar name) and `source-outside-context`. */
export const resolveSources = (action: CopyAction, from: FileOpInputs): ResolvedSources => {
  const context = action.from.kind === 'context' ? from.context(action.from.name) : undefined
  const tree = action.from.kind === 'input' ? from.inputs(action.from.input) : from.context(action.from.name)
  const sources: CopySource[] = []
  const unmatched: string[] = []
  for (const pattern of action.sources) {
    if (context !== undefined) refuseOutside(pattern)
    const found = globContext(tree, pattern)
    if (found.length > 0) sources.push(...found.map((entry) => follow(tree, entry, pattern, context)))
    else if (hasWildcard(cleanInRoot(pattern))) unmatched.push(pattern)
    else throw missing(tree, pattern, context)
  }
  return { tree, context, sources, unmatched }
}

const follow = (
  tree: FileTree,
  found: TreeEntry,
  pattern: string,
  context: BuildContext | undefined,
): CopySource => {
  const entry = found.type === 'symlink' ? tree.lookup(found.path, { follow: true }) : found
  const path = hasWildcard(cleanInRoot(pattern)) ? found.path : cleanInRoot(pattern)
  if (entry === undefined) throw missing(tree, path, context)
  return { tree, entry, name: baseOf(path), path }
}

const missing = (tree: FileTree, path: string, context: BuildContext | undefined): AppError =>
  missingSource(
    path,
    tree,
    context === undefined ? 'the source stage or image' : 'the build context',
    context?.whyIgnored(path),
  )

/** Docker takes `..` at the top for the context itself, which copies something else than was meant; this says so. */
const refuseOutside = (pattern: string): void => {
  const cleaned = cleanPath(pattern)
  if (cleaned !== '..' && !cleaned.startsWith('../')) return
  throw new AppError(
    'source-outside-context',
    `copy ${JSON.stringify(pattern)}: the path is outside the build context`,
    {
      hint: 'COPY can only take what lies in the context directory; give the build a directory higher up as its context',
      details: { source: pattern },
    },
  )
}
