import { joinInRoot, type TreeEntry } from '../../foundation/filetree/index.ts'
import { digestOf } from '../../foundation/oci/index.ts'
import type { LayerId, SnapshotStore } from '../../store/snapshot/index.ts'
import type { BuildContext, EarlierLayer, TarPlace } from '../context/index.ts'
import type { CopyAction, FileOp } from '../graph/index.ts'
import type { CopyAttributes, EarlierCopy } from './copy-action.ts'
import { createDirectoryPlaces, type DirectoryPlaces } from './directory-places.ts'
import type { CopySource } from './file-sources.ts'

/** A COPY of one directory of a context, done before and to be done again. */
export interface EarlierCopies {
  readonly places: DirectoryPlaces
  /** For `planCopy`, which knows by then where the source goes. */
  at(destination: string): EarlierCopy
  /** The layer has been written; what the context would give now stands in it. */
  remember(layer: LayerId): void
}

export type EarlierTars = Pick<SnapshotStore, 'offersTar' | 'tarStamp'>

export interface CopyRequest {
  readonly op: FileOp
  readonly action: CopyAction
  readonly source: CopySource
  readonly attributes: CopyAttributes
  readonly context: BuildContext | undefined
  readonly tars: EarlierTars
}

/** Changes whenever the same source would be written in another way. */
const version = 2

/** Undefined for what is not worth it or could be mixed with other things: several actions, sources, or only a part of a directory. */
export const earlierCopies = ({
  op,
  action,
  source,
  attributes,
  context,
  tars,
}: CopyRequest): EarlierCopies | undefined => {
  const made = context?.layersMade
  if (made === undefined || op.actions.length !== 1 || action.sources.length !== 1) return undefined
  if (source.view !== source.tree || source.entry.type !== 'directory') return undefined
  const { uid, gid } = attributes.owner ?? {}
  const places = createDirectoryPlaces()
  let target: { readonly destination: string; readonly key: string } | undefined
  return {
    places,
    at(destination) {
      const facts = [version, source.entry.path, destination, uid ?? '', gid ?? '', action.chmod ?? '']
      const key = digestOf(JSON.stringify(facts))
      target = { destination, key }
      const earlier = made.find(key)
      const layer = earlier && stillThere(earlier.layer, tars)
      return earlier && layer !== undefined ? copyOf(earlier, layer) : () => undefined
    },
    remember(layer) {
      if (target === undefined) return
      const { destination, key } = target
      const inContext = [...places.found].flatMap(
        ([path, place]): readonly (readonly [string, TarPlace])[] => {
          const below = belowOf(destination, path)
          return below === undefined ? [] : [[joinInRoot(source.entry.path, below), place]]
        },
      )
      made.remember(key, `${layer} ${tars.tarStamp(layer) ?? 'gone'}`, new Map(inContext))
    },
  }
}

/** Nobody has touched its tar since it was remembered: what is damaged there must not get into other layers. */
const stillThere = (remembered: string, { offersTar, tarStamp }: EarlierTars): LayerId | undefined => {
  const [layer = '', stamp] = remembered.split(' ')
  return offersTar(layer) && tarStamp(layer) === stamp ? layer : undefined
}

/** '' is the destination itself, which is not all that the source is: it may have been there before. */
const belowOf = (destination: string, path: string): string | undefined => {
  if (destination === '') return path === '' ? undefined : path
  return path.startsWith(`${destination}/`) ? path.slice(destination.length + 1) : undefined
}

const copyOf =
  (earlier: EarlierLayer, layer: LayerId): EarlierCopy =>
  ({ path }: TreeEntry) => {
    const place = earlier.unchanged(path)
    if (place === undefined) return undefined
    const directories = [...earlier.below(path)].map(
      ([directory, its]) => [directory === path ? '' : directory.slice(path.length + 1), its] as const,
    )
    return { layer, ...place, directories }
  }
