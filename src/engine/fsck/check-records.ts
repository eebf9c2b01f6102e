import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { imageChecks } from '../../store/image/index.ts'
import { recordChecks } from '../../store/records/index.ts'
import { snapshotChecks } from '../../store/snapshot/index.ts'
import { transferChecks } from '../../store/transfer/index.ts'
import { parseStepRecord } from '../build/step-cache.ts'

/** Files in the tables of records that are no records. Tables without a parser here are only asked for JSON with the right key. */
export const checkRecords = async (
  root: HostPath,
  since: number,
): Promise<(count: CountChecked) => Iterable<Finding>> => {
  const { damagedRecords, dropRecord } = await recordChecks()
  const { parseCompressedForms, parseLayerId, parseStoredLayer } = await snapshotChecks()
  const { parseImageRecord, parseIndexRecord, parseNameRecord } = await imageChecks()
  const { parsePlaces } = await transferChecks()
  const parsers: Readonly<Record<string, (value: unknown) => unknown>> = {
    layers: parseStoredLayer,
    diffids: parseLayerId,
    images: parseImageRecord,
    names: parseNameRecord,
    indexes: parseIndexRecord,
    pins: parseNameRecord,
    compressed: parseCompressedForms,
    places: parsePlaces,
    steps: parseStepRecord,
  }
  return function* check(count) {
    for (const table of tablesIn(join(root, 'records'))) {
      for (const found of damagedRecords(join(root, 'records', table), parsers[table] ?? String, count)) {
        if (!isOlder(found.path, since)) continue
        yield {
          what: `record ${found.path.slice(root.length + 1)}`,
          problem: found.problem,
          severity: found.temporary ? 'leftover' : 'damage',
          repair: () => {
            dropRecord(found)
            return 'dropped'
          },
        }
      }
    }
  }
}

const tablesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    )
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** What is newer may be in the making. */
const isOlder = (path: HostPath, since: number): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.ctimeMs < since
}
