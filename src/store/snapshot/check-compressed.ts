import { join } from 'node:path'
import type { CountChecked, Finding } from '../../foundation/errors/index.ts'
import { type HostPath, isDigest } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { createRecordTable } from '../records/index.ts'
import { parseCompressedForms } from './compressed-forms.ts'

/** Every record of compressed forms: it stands under a diff id, and its blobs are here with the size that it says. */
export function* checkCompressed(
  root: HostPath,
  content: ContentStore,
  count: CountChecked,
): Generator<Finding> {
  const table = createRecordTable(join(root, 'records/compressed'), parseCompressedForms)
  for (const [diffId, forms] of table.entries()) {
    count()
    const whole = isDigest(diffId)
      ? forms.filter(({ blob }) => content.stat(blob.digest)?.size === blob.size)
      : []
    const lost = forms.find((form) => !whole.includes(form))
    if (lost === undefined) continue
    yield {
      what: `compressed forms of ${diffId}`,
      problem: `name blob ${lost.blob.digest} of ${lost.blob.size} bytes, which is not here`,
      severity: 'leftover',
      repair: () => {
        if (whole.length > 0) table.put(diffId, whole)
        else table.remove(diffId)
        return 'forgotten; made again when it is needed'
      },
    }
  }
}
