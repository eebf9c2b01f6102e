import { digestOf } from '../../foundation/oci/index.ts'
import { childrenDigestOf, treeDigestOf } from '../context/index.ts'
import type { CopyAction, FileAction, FileOp } from '../graph/index.ts'
import type { KeyComponent } from '../solver/index.ts'
import { type CopySource, type FileOpInputs, resolveSources } from './file-sources.ts'

/**
 * What the layer of a file op depends on besides its root: per action its options and destination, and per source the digest of
 * what is copied (for a directory of its content), wherever it comes from; never times. Patterns count by what they select.
 * Reads all files whose digests are not known yet. `owner` says what an owner means where that is no matter of the root.
 * Throws as `executeFileOp` does for missing sources.
 */
export const fileOpKey = (
  op: FileOp,
  from: FileOpInputs,
  owner: (text: string) => string = (text) => text,
): readonly KeyComponent[] => [
  ...(op.timestamp === undefined ? [] : [{ name: 'timestamp', value: String(op.timestamp) }]),
  ...op.actions.flatMap((action, index) => componentsOf(action, from, { position: `${index + 1}`, owner })),
]

interface ActionKey {
  readonly position: string
  readonly owner: (text: string) => string
}

const componentsOf = (action: FileAction, from: FileOpInputs, key: ActionKey): readonly KeyComponent[] => {
  const named = (name: string, value: string | undefined): readonly KeyComponent[] =>
    value === undefined ? [] : [{ name: `${key.position} ${name}`, value }]
  const owner = named('chown', action.chown === undefined ? undefined : key.owner(action.chown))
  switch (action.kind) {
    case 'mkdir':
      return [...named('directory', action.path), ...named('mode', action.mode.toString(8)), ...owner]
    case 'write':
      return [
        ...named('file', action.path),
        ...named('name', action.name),
        ...named('text', digestOf(action.text)),
        ...named('chmod', action.chmod),
        ...owner,
      ]
    case 'copy':
      return [
        ...named(action.unpack ? 'add to' : 'copy to', action.destination),
        ...named('chmod', action.chmod),
        ...owner,
        ...sourceComponents(action, from, key.position),
      ]
  }
}

/** In order: a later source may write over an earlier one. A file's name counts, a directory's does not: only its content is copied. */
const sourceComponents = (
  action: CopyAction,
  from: FileOpInputs,
  position: string,
): readonly KeyComponent[] =>
  resolveSources(action, from).sources.map((source, index) => ({
    name: `${position} source ${index + 1}`,
    value: describe(source),
  }))

const describe = (source: CopySource): string =>
  source.entry.type === 'directory'
    ? `directory ${childrenDigestOf(source.view, source.entry)}${partialPaths(source)}`
    : `file ${treeDigestOf(source.tree, source.entry)} ${JSON.stringify(source.name)}`

/** Directories that are on the way only: where they exist, they stay as they are but for their mode. */
const partialPaths = ({ partial, entry }: CopySource): string => {
  if (partial.size === 0) return ''
  const from = entry.path === '' ? 0 : entry.path.length + 1
  return ` ${digestOf(JSON.stringify([...partial].map((path) => path.slice(from)).sort()))}`
}
