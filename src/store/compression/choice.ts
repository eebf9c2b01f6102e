import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { mediaType } from '../../foundation/oci/index.ts'
import type { CompressionKind, LayerCompression } from './types.ts'

/**
 * gzip 4: between 2 % smaller and 4 % larger than level 6 of zlib, which other builders use, and quicker.
 * zstd 3 is zstd's own default.
 */
const defaultLevels: Readonly<Record<CompressionKind, number>> = { gzip: 4, zstd: 3, none: 0 }

const ranges: Readonly<Record<CompressionKind, readonly [least: number, most: number]>> = {
  gzip: [0, 9],
  zstd: [1, 22],
  none: [0, 0],
}

/** What is pushed when nobody says how. */
export const defaultCompression: LayerCompression = { kind: 'gzip', level: defaultLevels.gzip }

/**
 * `gzip`, `zstd`, `none` (docker's `uncompressed` too), and a level as text. Throws `bad-compression` for anything else, with the
 * exit code of a wrong use.
 */
export const parseCompression = (kindText = 'gzip', levelText?: string): LayerCompression => {
  const kind = kinds.get(kindText)
  if (kind === undefined) {
    throw new AppError(
      'bad-compression',
      `compress as ${JSON.stringify(kindText)}: expected gzip, zstd or none`,
      {
        exitCode: exitCode.usage,
        ...(kindText === 'estargz' && { hint: 'gzip layers are read by the same tools' }),
      },
    )
  }
  if (levelText === undefined || levelText === '' || kind === 'none')
    return { kind, level: defaultLevels[kind] }
  const [least, most] = ranges[kind]
  const level = /^\d{1,2}$/.test(levelText) ? Number(levelText) : Number.NaN
  if (level >= least && level <= most) return { kind, level }
  throw new AppError(
    'bad-compression',
    `compress with level ${JSON.stringify(levelText)}: expected ${least} to ${most} for ${kind}`,
    { exitCode: exitCode.usage },
  )
}

const kinds: ReadonlyMap<string, CompressionKind> = new Map([
  ['gzip', 'gzip'],
  ['zstd', 'zstd'],
  ['none', 'none'],
  ['uncompressed', 'none'],
])

/** Media type of a layer that is compressed so, as OCI names it. */
export const layerMediaType = (kind: CompressionKind): string => {
  switch (kind) {
    case 'gzip':
      return mediaType.layerGzip
    case 'zstd':
      return mediaType.layerZstd
    case 'none':
      return mediaType.layer
  }
}

/** `4-gzip-4`: names a form of a layer. The number in front of it changes when the same level gives other bytes. */
export const formName = ({ kind, level }: LayerCompression): string => `4-${kind}-${level}`
