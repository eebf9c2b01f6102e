import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { cacheLimits, inlineAnnotation, signatureAnnotation } from './document.ts'
import { BuildCacheError } from './errors.ts'
import { type CacheSecret, signDocument } from './signature.ts'

/** Annotations are part of a manifest, which registries take up to 4 MiB. */
const maxText = 1024 * 1024

/** The annotations of an image that carries the records of its own steps. Throws `bad-cache` when they are too many. */
export const inlineAnnotations = (
  document: Buffer,
  key: CacheSecret | undefined,
): Readonly<Record<string, string>> => {
  const text = deflateRawSync(document).toString('base64')
  if (text.length > maxText)
    throw new BuildCacheError(
      'bad-cache',
      `write the cache into the image: its records have ${text.length} bytes`,
    )
  return {
    [inlineAnnotation]: text,
    ...(key ? { [signatureAnnotation]: signDocument(document, key) } : {}),
  }
}

/** What `inlineAnnotations` wrote. Throws `bad-cache`. */
export const unpackInline = (text: string, shown: string): Buffer => {
  try {
    return inflateRawSync(Buffer.from(text, 'base64'), { maxOutputLength: cacheLimits.document })
  } catch (cause) {
    throw new BuildCacheError('bad-cache', `read the cache ${shown}: its records cannot be unpacked`, {
      cause,
    })
  }
}
