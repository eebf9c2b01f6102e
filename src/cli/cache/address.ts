import { resolve } from 'node:path'
import { type CacheAddress, cacheCases, type MountsWish } from '../../engine/index.ts'
import { parseReference } from '../../foundation/oci/index.ts'
import { keyOf } from '../build/cache-option.ts'
import type { CliContext } from '../context.ts'

/** A path begins with `/` or `.`; anything else is the name of an artifact in a registry. Throws `bad-reference`. */
export const addressOf = (text: string, { cwd }: Pick<CliContext, 'cwd'>): CacheAddress => {
  if (/^[./]/.test(text)) return { kind: 'local', directory: resolve(cwd, text), tag: 'mounts' }
  parseReference(text)
  return { kind: 'registry', reference: text }
}

/** What export and import are told by their words and the environment. */
export const wishOf = async (
  place: string | undefined,
  ids: readonly string[] = [],
  cli: CliContext,
): Promise<MountsWish> => {
  const key = keyOf(cli)
  const { parseCacheKey } = await cacheCases()
  return { ids, address: addressOf(place ?? '', cli), key: key && parseCacheKey(key.text, key.from) }
}
