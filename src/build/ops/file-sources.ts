import { baseOf, cleanInRoot, type FileTree, type TreeEntry } from '../../foundation/filetree/index.ts'
import {
  type BuildContext,
  cleanPath,
  compilePatterns,
  globContext,
  hasWildcard,
  missingSource,
  type PatternList,
} from '../context/index.ts'
import type { CopyAction, InputIndex } from '../graph/index.ts'
import { selectBelow } from './file-selection.ts'

/** Where file ops read from. */
export interface FileOpInputs {
  readonly inputs: (input: InputIndex) => FileTree
  /** Called only when something is copied from the build context. */
  readonly context: (name: string) => BuildContext
}

/** One thing to copy. */
export interface CopySource {
  readonly tree: FileTree
  /** The tree without what --parents and --exclude leave out; the tree itself without them. */
  readonly view: FileTree
  /** Directories of the view that are not copied themselves: they are made when something below them is. */
  readonly partial: ReadonlySet<string>
  /** Symlinks followed: a link that is named (or matched) stands for what it points at. */
  readonly entry: TreeEntry
  /** Name that it gets in a destination directory: as named, not as followed. */
  readonly name: string
  /** As named or matched, for messages. */
  readonly path: string
}

export interface ResolvedSources {
  /** Set when the sources are files of the build context, or of a named one. */
  readonly context: BuildContext | undefined
  readonly sources: readonly CopySource[]
  /** What the user should know, each one sentence. */
  readonly warnings: readonly string[]
}

/** Throws `source-not-found` (with the ignore rule or a similar name) and `bad-pattern`. */
export const resolveSources = (action: CopyAction, from: FileOpInputs): ResolvedSources => {
  const context = action.from.kind === 'context' ? from.context(action.from.name) : undefined
  const tree = action.from.kind === 'input' ? from.inputs(action.from.input) : from.context(action.from.name)
  const exclude = action.exclude === undefined ? undefined : compilePatterns(action.exclude)
  const request: SourceRequest = { tree, context, exclude }
  const sources: CopySource[] = []
  const warnings: string[] = []
  for (const source of action.sources) {
    const found = action.parents === true ? withParents(source, request) : plainSources(source, request)
    if (leavesRoot(source))
      warnings.push(`${JSON.stringify(source)} leads out of the root; it is taken inside it`)
    // Docker copies nothing and says nothing.
    if (found.length === 0) warnings.push(`no file matches ${JSON.stringify(source)}: nothing is copied`)
    sources.push(...found)
  }
  return { context, sources, warnings }
}

interface SourceRequest {
  readonly tree: FileTree
  readonly context: BuildContext | undefined
  readonly exclude: PatternList | undefined
}

const plainSources = (pattern: string, request: SourceRequest): readonly CopySource[] => {
  const { tree, exclude } = request
  const found = globContext(tree, pattern)
  if (found.length === 0) requirePlainPart(pattern, request)
  return found.map((entry) => {
    const source = follow(entry, pattern, request)
    // As docker, of files that are named or matched themselves nothing is left out.
    if (exclude === undefined || source.entry.type !== 'directory') return source
    const { view, partial } = selectBelow(tree, source.entry, { include: undefined, exclude })
    return { ...source, view, partial }
  })
}

/**
 * --parents: the content of the root, or of the directory before `/./`, as far as it matches the rest of the path. Then the
 * way to what matches is copied with it. `**` stands for any number of directories, and links on the way are not followed.
 */
const withParents = (source: string, request: SourceRequest): readonly CopySource[] => {
  const pivot = source.indexOf('/./')
  const above = pivot < 0 ? '/' : `/${source.slice(0, pivot)}`
  const pattern = cleanInRoot(pivot < 0 ? source : source.slice(pivot + 2))
  const include = pattern === '' ? undefined : compilePatterns([pattern])
  const starts = globContext(request.tree, above)
  if (starts.length === 0) requirePlainPart(above, request)
  const found = starts.flatMap((entry) => {
    const start = follow(entry, above, request)
    if (start.entry.type !== 'directory') return []
    const { view, partial, isEmpty } = selectBelow(request.tree, start.entry, {
      include,
      exclude: request.exclude,
    })
    return isEmpty && include !== undefined ? [] : [{ ...start, view, partial }]
  })
  const isPlain = !hasWildcard(cleanInRoot(above)) && !hasWildcard(pattern)
  if (isPlain && request.tree.lookup(`${above}/${pattern}`) === undefined) throw missing(source, request)
  return found
}

/** Nothing may match wildcards, but the way to the first of them must be there, as in docker. */
const requirePlainPart = (pattern: string, request: SourceRequest): void => {
  const parts = cleanInRoot(pattern).split('/')
  const wildcard = parts.findIndex(hasWildcard)
  if (wildcard < 0) throw missing(pattern, request)
  const plain = parts.slice(0, wildcard).join('/')
  if (request.tree.lookup(plain, { follow: true }) === undefined) throw missing(plain, request)
}

const nothing: ReadonlySet<string> = new Set()

const follow = (found: TreeEntry, pattern: string, request: SourceRequest): CopySource => {
  const { tree } = request
  const entry = found.type === 'symlink' ? tree.lookup(found.path, { follow: true }) : found
  const path = hasWildcard(cleanInRoot(pattern)) ? found.path : cleanInRoot(pattern)
  if (entry === undefined) throw missing(path, request)
  return { tree, view: tree, partial: nothing, entry, name: baseOf(path), path }
}

const missing = (path: string, { tree, context }: SourceRequest): Error =>
  missingSource(
    path,
    tree,
    context === undefined ? 'the stage, image or archive that is copied from' : 'the build context',
    context?.whyIgnored(path),
  )

/** As docker, `..` stops at the root: another file may be copied than was meant. */
const leavesRoot = (pattern: string): boolean => {
  const cleaned = cleanPath(pattern)
  return cleaned === '..' || cleaned.startsWith('../')
}
