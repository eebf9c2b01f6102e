import { mkdirSync } from 'node:fs'
import { AppError } from '../../foundation/errors/index.ts'
import type { FileTree } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { LayerId, SnapshotStore, Stack } from '../../store/snapshot/index.ts'
import type { BuildContext } from '../context/index.ts'
import type { FileOp, InputIndex } from '../graph/index.ts'
import type { PreparedStep, StepContext } from '../solver/index.ts'
import { copiesColdFiles } from './file-cold-sources.ts'
import { planFileOp } from './file-op.ts'
import { fileOpKey } from './file-op-key.ts'
import { type LookedUpOwner, lookUpOwner } from './image-users.ts'
import type { LayerLooks } from './layer-looks.ts'
import type { StepResult } from './types.ts'

export interface FileStepEnvironment {
  readonly snapshots: SnapshotStore
  readonly layers: LayerLooks
  readonly context: (name: string) => BuildContext
  readonly tempRoot: HostPath
  /** Milliseconds since the epoch. */
  now(): number
}

/**
 * COPY, ADD and WORKDIR: keyed by the content they copy, executed by writing one layer tar. Files of the context that were
 * never read are read once: the layer is written first, and the key made of what was read. If the key turns out to be known, the
 * layer is left to the next prune: it may be one that others use, since equal layers are one.
 */
export const prepareFile = async (
  op: FileOp,
  stackAt: (input: InputIndex) => Stack,
  { context, environment }: { readonly context: StepContext; readonly environment: FileStepEnvironment },
): Promise<PreparedStep<StepResult>> => {
  const { snapshots, layers } = environment
  const root = stackAt(op.root)
  for (const input of inputsOf(op)) {
    const compressed = layers.compressedIn(stackAt(input))
    if (compressed.length > 0) await snapshots.view(compressed, context.signal)
  }
  const trees = new Map<InputIndex, FileTree>()
  const treeAt = (input: InputIndex): FileTree => {
    const tree = trees.get(input) ?? snapshots.union(stackAt(input))
    trees.set(input, tree)
    return tree
  }
  const inputs = { inputs: treeAt, context: environment.context }
  const isLink = op.link === true
  const ownerOf = (text: string): LookedUpOwner => lookUpOwner(treeAt(op.root), text)
  const write = (): Promise<WrittenLayer> =>
    writeAgain(true).catch((error: unknown) => {
      // What was to be taken over has gone, or is not what it should be: then all is read again.
      if (error instanceof AppError && takingOver.has(error.code)) return writeAgain(false)
      throw error
    })
  const writeAgain = async (takeOver: boolean): Promise<WrittenLayer> => {
    const created = environment.now()
    mkdirSync(environment.tempRoot, { recursive: true, mode: 0o700 })
    const planned = await planFileOp({
      ...inputs,
      op,
      // A linked layer is made as if there were nothing, and laid over what there is.
      base: isLink ? snapshots.union([]) : treeAt(op.root),
      now: Math.floor(created / 1000),
      resolveOwner: ownerOf,
      tars: takeOver ? snapshots : undefined,
      tempRoot: environment.tempRoot,
    })
    try {
      const layer = await snapshots.writeLargeLayer(
        planned.size,
        (writer, copy) => planned.write(writer, copy),
        planned.meanwhile,
      )
      planned.remember(layer)
      return { layer, created, warnings: planned.warnings }
    } finally {
      planned.dispose()
    }
  }
  // A root that lies in a cache elsewhere is fetched when the step is executed, and not for its key.
  const isHere = isLink || layers.areHere(root)
  const early = isHere && copiesColdFiles(op, inputs) ? await write() : undefined
  return {
    components: [
      { name: 'op', value: isLink ? 'linked file' : 'file' },
      ...(isLink ? [] : [{ name: 'parent', value: root.join(' ') }]),
      ...fileOpKey(op, inputs, isLink ? (text) => idsOf(ownerOf(text)) : undefined),
    ],
    execute: async () => {
      const { layer, created, warnings } = early ?? (await write())
      for (const message of warnings) context.events({ kind: 'warning', message })
      return { stack: isLink ? [layer] : [...root, layer], created }
    },
    ...(isLink && { place: (result: StepResult) => ({ ...result, stack: [...root, ...result.stack] }) }),
  }
}

const takingOver: ReadonlySet<string> = new Set(['layer-not-found', 'layer-io', 'file-changed', 'bad-index'])

/** A name means what the root says, and the root is no part of a linked layer's key. */
const idsOf = ({ uid, gid }: LookedUpOwner): string => `${uid}:${gid}`

const inputsOf = (op: FileOp): ReadonlySet<InputIndex> =>
  new Set([
    op.root,
    ...op.actions.flatMap((action) =>
      action.kind === 'copy' && action.from.kind === 'input' ? [action.from.input] : [],
    ),
  ])

interface WrittenLayer {
  readonly layer: LayerId
  readonly created: number
  readonly warnings: readonly string[]
}
