import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import {
  type BuildContext,
  explainIgnore,
  type IgnoreDecision,
  type IgnoredBy,
  openDirectoryContext,
  readIgnoreFile,
  walkTree,
} from '../../build/context/index.ts'
import type { TreeEntry } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** Something that an ignore file leaves out, though the directory it is in is not left out as a whole. */
export interface IgnoredEntry {
  readonly entry: TreeEntry
  /** Regular files at and below it, and their bytes. */
  readonly files: number
  readonly bytes: number
  readonly by: IgnoredBy | undefined
}

export interface PathDecision extends IgnoreDecision {
  /** Relative to the context, clean. */
  readonly path: string
  readonly exists: boolean
}

/** A directory as the context that a build would have of it. */
export interface ContextView {
  /** Name of the ignore file; undefined when there is none. */
  readonly ignoreFile: string | undefined
  /** All that COPY can reach, in tree order, without the root. */
  entries(): Iterable<TreeEntry>
  /** What it cannot, the topmost of it. */
  ignored(): Iterable<IgnoredEntry>
  why(path: string): PathDecision
}

/**
 * Opens `directory` with the ignore file that a build with this Dockerfile would use (`file` relative to `cwd`, then to the directory;
 * it need not exist). Throws what opening a context throws.
 */
export const openContextView = (options: {
  readonly directory: HostPath
  readonly file?: string | undefined
  readonly cwd: HostPath
}): ContextView => {
  const { directory } = options
  const ignore = readIgnoreFile({ directory, dockerfile: dockerfilePath(options) })
  const kept = openDirectoryContext({ directory, ...(ignore && { ignore }) })
  const whole = openDirectoryContext({ directory })
  const explain = explainIgnore(ignore)
  return {
    ignoreFile: ignore?.file,
    entries: () => below(kept),
    ignored: () => ignoredBelow({ kept, whole, explain }, ''),
    why: (path) => ({ ...explain(path), path, exists: whole.lookup(path) !== undefined }),
  }
}

const dockerfilePath = ({
  directory,
  file,
  cwd,
}: {
  readonly directory: HostPath
  readonly file?: string | undefined
  readonly cwd: HostPath
}): HostPath => {
  if (file === undefined) return join(directory, 'Dockerfile')
  const [here, there] = [resolve(cwd, file), resolve(directory, file)]
  // Either may be absent: the ignore file beside it says which is meant.
  return existsSync(here) || existsSync(`${here}.dockerignore`) ? here : there
}

function* below(context: BuildContext): Iterable<TreeEntry> {
  for (const entry of walkTree(context, '')) if (entry.path !== '') yield entry
}

interface Views {
  readonly kept: BuildContext
  readonly whole: BuildContext
  readonly explain: (path: string) => IgnoreDecision
}

function* ignoredBelow(views: Views, directory: string): Iterable<IgnoredEntry> {
  const { kept, whole, explain } = views
  const names = new Set(kept.children(directory).map(({ path }) => basename(path)))
  for (const entry of whole.children(directory)) {
    if (names.has(basename(entry.path))) {
      if (entry.type === 'directory') yield* ignoredBelow(views, entry.path)
    } else {
      yield { entry, ...sizeOf(whole, entry.path), by: explain(entry.path).by }
    }
  }
}

const sizeOf = (context: BuildContext, path: string): { readonly files: number; readonly bytes: number } => {
  let files = 0
  let bytes = 0
  for (const { type, size } of context.walk(path)) {
    if (type !== 'file') continue
    files += 1
    bytes += size
  }
  return { files, bytes }
}
