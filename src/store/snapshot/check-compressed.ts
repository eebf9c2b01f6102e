import { join } from 'node:path'
import { AppError, type CountChecked, type Finding } from '../../foundation/errors/index.ts'
import {
  createHasher,
  type Descriptor,
  digestFrom,
  type HostPath,
  isDigest,
} from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { decompress } from '../layer/index.ts'
import { createRecordTable } from '../records/index.ts'
import { type CompressedForm, parseCompressedForms } from './compressed-forms.ts'
import { createLayerTable } from './layer-table.ts'
import { storePaths } from './store-paths.ts'

export interface CompressedCheck {
  readonly root: HostPath
  readonly content: ContentStore
  /** Unpack every blob and compare it with its DiffId. Otherwise it is only looked whether it is there. */
  readonly contents: boolean
}

/**
 * Compressed blobs of layers: every record of them stands under a diff id and names blobs that are here, and every blob unpacks to the
 * layer that it is said to be. A blob may be right by its own digest and still be of another layer.
 */
export async function* checkCompressed(
  { root, content, contents }: CompressedCheck,
  count: CountChecked,
): AsyncGenerator<Finding> {
  const table = createRecordTable(join(root, 'records/compressed'), parseCompressedForms)
  for (const [diffId, forms] of table.entries()) {
    count()
    const whole = isDigest(diffId) ? forms.filter(({ blob }) => isHere(content, blob)) : []
    const lost = forms.find((form) => !whole.includes(form))
    if (lost === undefined) continue
    const { digest, size } = lost.blob
    yield {
      what: `compressed forms of ${diffId}`,
      problem: `name blob ${digest} of ${size} bytes, which is not here`,
      severity: 'leftover',
      repair: () => {
        keepForms(table, diffId, whole)
        return 'forgotten; made again when it is needed'
      },
    }
  }
  if (!contents) return
  const unpacked = new Map<string, string>()
  for (const { blob, diffId } of claimsIn(root, content)) {
    if (!isHere(content, blob)) continue
    const known = unpacked.get(blob.digest)
    if (known === undefined) count(blob.size)
    const found = known ?? (await unpack(content.pathOf(blob.digest)))
    unpacked.set(blob.digest, found)
    if (found === diffId || !isHere(content, blob)) continue
    yield {
      what: `compressed layer ${blob.digest}`,
      problem: `is said to be layer ${diffId}, but ${found.startsWith('sha256:') ? `unpacks to ${found}` : found}`,
      severity: 'damage',
      repair: () => {
        keepForms(
          table,
          diffId,
          (table.get(diffId) ?? []).filter((form) => form.blob.digest !== blob.digest),
        )
        content.remove(blob.digest)
        return 'dropped; made or fetched again when it is needed'
      },
    }
  }
}

/** Which blob is said to be which layer: by the records of layers that came so, and by those of compressed forms. */
function* claimsIn(
  root: HostPath,
  content: ContentStore,
): Generator<{ readonly blob: Descriptor; readonly diffId: string }> {
  const layers = createLayerTable(storePaths(root), content)
  for (const { id } of layers.list()) {
    const { origin, diffId } = layers.stored(id) ?? {}
    if (origin && diffId !== undefined) yield { blob: origin, diffId }
  }
  const table = createRecordTable(join(root, 'records/compressed'), parseCompressedForms)
  for (const [diffId, forms] of table.entries())
    if (isDigest(diffId)) for (const { blob } of forms) yield { blob, diffId }
}

const isHere = (content: ContentStore, { digest, size }: Descriptor): boolean =>
  content.stat(digest)?.size === size

const keepForms = (
  table: { put(key: string, value: readonly CompressedForm[]): void; remove(key: string): void },
  diffId: string,
  kept: readonly CompressedForm[],
): void => {
  if (kept.length > 0) table.put(diffId, kept)
  else table.remove(diffId)
}

/** The digest of what a blob unpacks to, or why it does not unpack. */
const unpack = async (path: HostPath): Promise<string> => {
  const hash = createHasher()
  try {
    for await (const chunk of decompress(path)) hash.update(chunk)
    return digestFrom(hash)
  } catch (error) {
    if (error instanceof AppError) return `does not unpack: ${error.message}`
    throw error
  }
}
