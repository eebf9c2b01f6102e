import {
  type Descriptor,
  formatPlatform,
  hostPlatform,
  type Index,
  type Platform,
  parseIndex,
  pickPlatform,
} from '../../foundation/oci/index.ts'
import type { Repository } from '../registry/index.ts'
import { documentOf, isAttestation, isIndex, shown } from './documents.ts'
import { TransferError } from './errors.ts'
import type { PullOptions, Transfer } from './types.ts'

const maxDepth = 4
const maxManifests = 1000

/** The manifests of an index that are wanted. `direct`: the index itself names them. Throws `no-such-platform`, `bad-image`. */
export const chooseManifests = async (
  transfer: Transfer,
  name: Repository,
  index: Index,
  options: PullOptions,
): Promise<{ readonly manifests: readonly Descriptor[]; readonly direct: boolean }> => {
  if (index.manifests.length > maxManifests)
    throw new TransferError(
      'bad-image',
      `read ${shown(name)}: its index names more than ${maxManifests} manifests`,
    )
  const entries = index.manifests.filter((entry) => !isAttestation(entry))
  if (options.allPlatforms) {
    const manifests = entries.filter((entry) => !isIndex(entry))
    if (manifests.length > 0) return { manifests, direct: true }
  }
  return descend(transfer, name, entries, options.platform ?? hostPlatform(), 0)
}

const descend = async (
  transfer: Transfer,
  name: Repository,
  entries: readonly Descriptor[],
  wanted: Platform,
  depth: number,
): Promise<{ readonly manifests: readonly Descriptor[]; readonly direct: boolean }> => {
  const [only] = entries
  const chosen =
    entries.length === 1 && only?.platform === undefined
      ? only
      : pickPlatform(entries, ({ platform }) => platform, wanted)
  if (!chosen) throw notOffered(name, entries, wanted)
  if (!isIndex(chosen)) return { manifests: [chosen], direct: depth === 0 }
  if (depth >= maxDepth)
    throw new TransferError(
      'bad-image',
      `read ${shown(name)}: its indexes are nested more than ${maxDepth} deep`,
    )
  const inner = parseIndex((await documentOf(transfer, name, chosen)).toString('utf8'))
  const below = inner.manifests.filter((entry) => !isAttestation(entry))
  return descend(transfer, name, below, wanted, depth + 1)
}

const notOffered = (name: Repository, entries: readonly Descriptor[], wanted: Platform): TransferError => {
  const offered = [
    ...new Set(entries.map(({ platform }) => (platform ? formatPlatform(platform) : 'unknown'))),
  ].join(', ')
  return new TransferError(
    'no-such-platform',
    `pull ${shown(name)}: it has no image for ${formatPlatform(wanted)}`,
    { hint: offered === '' ? 'the index is empty' : `it is there for ${offered}: choose with --platform` },
  )
}
