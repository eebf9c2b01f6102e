import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import type { Digest, HostPath } from '../../foundation/oci/index.ts'
import { createRecordTable } from '../records/index.ts'
import type { Repository } from '../registry/index.ts'

/** In which repositories a blob was seen, the last one first: a registry can take it from there itself. */
export interface Places {
  of(digest: Digest): readonly Repository[]
  add(digest: Digest, place: Repository): void
}

/** A blob of a base image is in the repositories of all that is built on it: nobody needs them all. */
const maxPlaces = 8

export const openPlaces = (root: HostPath): Places => {
  const table = createRecordTable(join(root, 'records/places'), parsePlaces)
  const of = (digest: Digest): readonly Repository[] => table.get(digest) ?? []
  return {
    of,
    add(digest, { registry, repository }) {
      const known = of(digest)
      if (known[0]?.registry === registry && known[0].repository === repository) return
      const others = known.filter((place) => place.registry !== registry || place.repository !== repository)
      table.put(digest, [{ registry, repository }, ...others].slice(0, maxPlaces))
    },
  }
}

/** Throws when `value` is not a record of this version. */
export const parsePlaces = (value: unknown): readonly Repository[] => {
  if (!Array.isArray(value)) throw new InternalError('record of places is no list')
  return value.map((item: unknown): Repository => {
    if (typeof item !== 'object' || item === null || !('registry' in item) || !('repository' in item))
      throw new InternalError('record of a place without repository')
    return { registry: String(item.registry), repository: String(item.repository) }
  })
}
