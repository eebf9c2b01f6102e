import { createHasher, digestFrom } from '../../foundation/oci/index.ts'
import type { CacheKey, KeyComponent } from './types.ts'

/** Changes whenever the meaning of a component changes: keys of older versions then never match. */
const version = 'tsbuild.key.v1'

/**
 * Digest of the components, sorted by name and each length-prefixed, so that no two different lists share an encoding
 * (CVE-2024-24557 and kin: joined parts that collide).
 */
export const cacheKeyOf = (components: readonly KeyComponent[]): CacheKey => {
  const hash = createHasher()
  const add = (text: string): void => {
    const bytes = Buffer.from(text)
    hash.update(`${bytes.length}:`)
    hash.update(bytes)
  }
  add(version)
  for (const { name, value } of [...components].sort(byNameThenValue)) {
    add(name)
    add(value)
  }
  return digestFrom(hash) as CacheKey
}

const byNameThenValue = (a: KeyComponent, b: KeyComponent): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.value < b.value ? -1 : a.value > b.value ? 1 : 0
