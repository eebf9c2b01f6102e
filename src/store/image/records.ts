import {
  type Descriptor,
  type DiffId,
  type Digest,
  isDigest,
  type Platform,
  parseDescriptor,
  parseDiffId,
} from '../../foundation/oci/index.ts'
import type { LayerId, Stack } from '../snapshot/index.ts'
import type { NameRecord } from './types.ts'

/**
 * What the store knows of one image, under its id. Its manifest is the last one that it came with: one that comes with another for the
 * same config (compressed otherwise, say) takes the place of what was there, while names keep theirs.
 */
export interface ImageRecord {
  readonly manifest: Descriptor
  readonly imageId: Digest
  /** The layers in this store, bottom first. */
  readonly stack: Stack
  /** Seconds since the epoch, when the image came into the store. */
  readonly added: number
  /** As the config says, '' when it says nothing: lists need not read it. Older versions have not written it. */
  readonly created?: string
  /** Of the layers in `stack`, as the config says. Like `size` for lists, and not written by older versions. */
  readonly diffIds?: readonly DiffId[]
  /** Bytes of the layers' uncompressed tars. */
  readonly size?: number
}

/**
 * What the store knows of one index, under its digest. Its images have records of their own too, but an image record may change its
 * manifest: what the index needs stands here.
 */
export interface IndexRecord {
  readonly index: Descriptor
  readonly images: readonly IndexImageRecord[]
  readonly artifacts: readonly Digest[]
}

export interface IndexImageRecord extends ImageRecord {
  readonly platform: Platform
}

/** Throws when `value` is not a record of this version: the table then treats the file as absent. */
export const parseNameRecord = (value: unknown): NameRecord => {
  const record = asRecord(value)
  return {
    name: asText(record['name']),
    manifest: parseDescriptor('name record', record['manifest']),
    imageId: asDigest(record['imageId']),
    ...(record['index'] === undefined ? {} : { index: parseDescriptor('name record', record['index']) }),
    tagged: asNumber(record['tagged']),
  }
}

/** Throws when `value` is not a record of this version. */
export const parseImageRecord = (value: unknown): ImageRecord => {
  const record = asRecord(value)
  const stack: unknown = record['stack']
  if (!Array.isArray(stack) || !stack.every(isLayerId)) throw bad()
  return {
    manifest: parseDescriptor('image record', record['manifest']),
    imageId: asDigest(record['imageId']),
    stack,
    added: asNumber(record['added']),
    ...(record['created'] === undefined ? {} : { created: asText(record['created']) }),
    ...(record['diffIds'] === undefined ? {} : { diffIds: asDiffIds(record['diffIds'], stack.length) }),
    ...(record['size'] === undefined ? {} : { size: asNumber(record['size']) }),
  }
}

/** Throws when `value` is not a record of this version. */
export const parseIndexRecord = (value: unknown): IndexRecord => {
  const record = asRecord(value)
  return {
    index: parseDescriptor('index record', record['index']),
    images: asList(record['images']).map(parseIndexImage),
    artifacts: asList(record['artifacts']).map(asDigest),
  }
}

const parseIndexImage = (value: unknown): IndexImageRecord => {
  const { os, architecture, variant } = asRecord(asRecord(value)['platform'])
  return {
    ...parseImageRecord(value),
    platform: {
      architecture: asText(architecture),
      os: asText(os),
      ...(variant === undefined ? {} : { variant: asText(variant) }),
    },
  }
}

const asList = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw bad()
  return value
}

const bad = (): TypeError => new TypeError('not a record of this version')

const asDiffIds = (value: unknown, length: number): readonly DiffId[] => {
  const found = asList(value)
  if (found.length !== length) throw bad()
  return found.map((one) => parseDiffId(asText(one)))
}

const isLayerId = (value: unknown): value is LayerId =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)

const asRecord = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad()
  return value as Readonly<Record<string, unknown>>
}

const asText = (value: unknown): string => {
  if (typeof value !== 'string') throw bad()
  return value
}

const asNumber = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw bad()
  return value
}

const asDigest = (value: unknown): Digest => {
  if (typeof value !== 'string' || !isDigest(value)) throw bad()
  return value
}
