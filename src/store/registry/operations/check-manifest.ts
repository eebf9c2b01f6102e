import { AppError } from '../../../foundation/errors/index.ts'
import { parseIndex, parseManifest } from '../../../foundation/oci/index.ts'
import { RegistryError } from '../errors.ts'
import { isIndexType, isSchema1, manifestTypes } from './media-types.ts'

const structural = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'digest',
  'size',
  'fsLayers',
]
const byLowerCase = new Map(structural.map((key) => [key.toLowerCase(), key]))

/**
 * The media type of a document that can be read in one way only: as the header says, as it says itself, and as it is built. A document without
 * a type in its header is what it says. Throws `manifest-unsupported`, `bad-image`.
 */
export const checkManifest = (bytes: Buffer, header: string, shown: string): string => {
  const text = bytes.toString('utf8')
  const document = parse(text, shown)
  const own = document['mediaType']
  const type =
    manifestTypes.includes(header) || isSchema1(header) ? header : typeof own === 'string' ? own : header
  if (isSchema1(type) || document['schemaVersion'] === 1)
    throw new RegistryError('manifest-unsupported', `read ${shown}: it is in docker's schema 1`, {
      hint: 'push the image again with a tool of this decade',
    })
  if (!manifestTypes.includes(type))
    throw new RegistryError(
      'manifest-unsupported',
      `read ${shown}: ${JSON.stringify(type.slice(0, 100))} is neither a manifest nor an index`,
    )
  if (own !== undefined && own !== type)
    throw new AppError('bad-image', `read ${shown}: the registry says ${type}, the document something else`)
  for (const key of Object.keys(document)) {
    const meant = byLowerCase.get(key.toLowerCase())
    // Some readers take "Layers" for "layers": then the document would be two.
    if (meant !== undefined && meant !== key)
      throw new AppError(
        'bad-image',
        `read ${shown}: the key ${JSON.stringify(key)} can be taken for ${meant}`,
      )
  }
  if (isIndexType(type)) parseIndex(text)
  else parseManifest(text)
  return type
}

const parse = (text: string, shown: string): Readonly<Record<string, unknown>> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new AppError('bad-image', `read ${shown}: it is not JSON`, { cause: error })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new AppError('bad-image', `read ${shown}: expected an object`)
}
