import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDirectoryContext } from '../../src/build/context/index.ts'
import type { CopyAction, FileAction } from '../../src/build/graph/index.ts'
import { executeFileOp, fileOpKey } from '../../src/build/ops/index.ts'
import type { FileTree } from '../../src/foundation/filetree/index.ts'
import { createLayerTarWriter, type IndexAddition, type IndexEntry } from '../../src/store/layer/index.ts'

/** A context and a base directory under a temporary root, and file ops done on them. */
export interface FileOpRig {
  readonly root: string
  readonly context: string
  readonly base: string
  run(actions: readonly FileAction[], options?: RigOptions): Promise<RigResult>
  key(actions: readonly FileAction[], options?: RigOptions): string
  remove(): void
}

export interface RigOptions {
  readonly ignore?: string
  /** Trees of other stages. */
  readonly inputs?: readonly FileTree[]
  /** Instead of the base directory. */
  readonly base?: FileTree
}

export interface RigResult {
  readonly tar: Buffer
  readonly index: readonly IndexEntry[]
  readonly warnings: readonly string[]
  /** `path`, with a slash for directories and ` -> target` for links, in the layer's order. */
  readonly paths: readonly string[]
  entry(path: string): IndexAddition | undefined
}

export const createFileOpRig = (): FileOpRig => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-file-op-'))
  const [context, base] = [join(root, 'context'), join(root, 'base')]
  mkdirSync(context)
  mkdirSync(base)
  const inputsOf = (options: RigOptions) => {
    const opened = openDirectoryContext({
      directory: context,
      ...(options.ignore !== undefined && { ignore: { file: '.dockerignore', text: options.ignore } }),
    })
    return {
      context: () => opened,
      inputs: (input: number | undefined): FileTree => {
        const tree = input === undefined ? undefined : options.inputs?.[input]
        if (tree === undefined) throw new Error(`no input ${input}`)
        return tree
      },
    }
  }
  return {
    root,
    context,
    base,
    async run(actions, options = {}) {
      const chunks: Buffer[] = []
      const writer = createLayerTarWriter((chunk) => void chunks.push(Buffer.from(chunk)))
      const { warnings } = await executeFileOp({
        ...inputsOf(options),
        op: { kind: 'file', root: undefined, actions },
        base: options.base ?? openDirectoryContext({ directory: base }),
        writer,
        now: 1_000_000_000,
        resolveOwner: (text) => ({
          uid: Number(text.split(':')[0]),
          gid: Number(text.split(':')[1] ?? text),
        }),
        tempRoot: root,
      })
      const { index } = writer.finish()
      return {
        tar: Buffer.concat(chunks),
        index,
        warnings,
        paths: index.map(shown),
        entry: (path) => find(index, path),
      }
    },
    key: (actions, options = {}) =>
      JSON.stringify(fileOpKey({ kind: 'file', root: undefined, actions }, inputsOf(options))),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

export const copyOf = (
  sources: string | readonly string[],
  destination: string,
  options: Partial<CopyAction> = {},
): CopyAction => ({
  kind: 'copy',
  from: { kind: 'context', name: '' },
  sources: typeof sources === 'string' ? [sources] : sources,
  destination,
  unpack: false,
  ...options,
})

const shown = (entry: IndexEntry): string => {
  if (entry.kind === 'whiteout') return `- ${entry.path}`
  if (entry.hardlink !== undefined) return `${entry.path} = ${entry.hardlink}`
  if (entry.type === 'symlink') return `${entry.path} -> ${entry.linkName ?? ''}`
  return entry.type === 'directory' ? `${entry.path}/` : entry.path
}

const find = (index: readonly IndexEntry[], path: string): IndexAddition | undefined => {
  const entry = index.find((one) => one.path === path)
  return entry?.kind === 'add' ? entry : undefined
}
