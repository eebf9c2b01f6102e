import { InternalError } from '../../foundation/errors/index.ts'
import { type Descriptor, type DiffId, parseDescriptor, parseDiffId } from '../../foundation/oci/index.ts'
import { isLayerId } from './store-paths.ts'
import type { LayerId } from './types.ts'

/**
 * What is written down of a layer. Its forms are not: whether there is a tree or an uncompressed blob is seen on disk,
 * where they appear and go by one rename. So two processes that learn different things never undo each other's record.
 */
export interface StoredLayer {
  readonly id: LayerId
  /** Seconds since the epoch. */
  readonly created: number
  /** The blob that the layer came as, when that is not its uncompressed tar. */
  readonly origin?: Descriptor
  readonly diffId?: DiffId
  readonly tarSize?: number
  /** The tar that its patch is a patch of, uncompressed; whether they are still there is seen on disk. */
  readonly base?: Descriptor
  /** What the layer says of the root directory, when it says something. */
  readonly root?: RootAttributes
  /** It has files without the directories above them. */
  readonly implied?: true
  /** It hides all layers below: its root is opaque. */
  readonly opaque?: true
}

/** What never changes of a layer, and decides how it is mounted. */
export type LayerFacts = Pick<StoredLayer, 'root' | 'implied' | 'opaque'>

export interface RootAttributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** Throws for anything that is not a stored layer; the table then takes the record for absent. */
export const parseStoredLayer = (value: unknown): StoredLayer => {
  if (typeof value !== 'object' || value === null) throw new InternalError('layer record is no object')
  const { id, created, origin, diffId, tarSize, base, root, implied, opaque } = fieldsOf(value)
  if (typeof id !== 'string' || !isLayerId(id)) throw new InternalError('layer record without id')
  if (typeof created !== 'number') throw new InternalError('layer record without time')
  if ((diffId === undefined) !== (tarSize === undefined)) throw new InternalError('half described layer')
  return {
    id,
    created,
    ...(origin === undefined ? {} : { origin: parseDescriptor('layer record', origin) }),
    ...(diffId === undefined ? {} : { diffId: parseDiffId(String(diffId)), tarSize: Number(tarSize) }),
    ...(base === undefined ? {} : { base: parseDescriptor('layer record', base) }),
    ...(root === undefined ? {} : { root: parseRoot(root) }),
    ...(implied === true ? { implied } : {}),
    ...(opaque === true ? { opaque } : {}),
  }
}

const parseRoot = (value: unknown): RootAttributes => {
  const { mode, uid, gid } = typeof value === 'object' && value !== null ? fieldsOf(value) : {}
  if (typeof mode !== 'number' || typeof uid !== 'number' || typeof gid !== 'number')
    throw new InternalError('layer record with a bad root')
  return { mode, uid, gid }
}

const fieldsOf = (value: object): Readonly<Record<string, unknown>> =>
  value as Readonly<Record<string, unknown>>

/** The value of the table from DiffId to layer. */
export const parseLayerId = (value: unknown): LayerId => {
  if (typeof value !== 'string' || !isLayerId(value))
    throw new InternalError('diffid record without layer id')
  return value
}
