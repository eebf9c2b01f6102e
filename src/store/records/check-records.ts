import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { fileNameOf } from './file-name.ts'

/** A file of a table that no reader takes for a record. */
export interface DamagedRecord {
  readonly path: HostPath
  readonly problem: string
  /** Left by a writer that died before the rename. */
  readonly temporary: boolean
}

/**
 * Files of the table in `directory` that are no records: torn, under another key's name, or refused by `parse`. Tables skip
 * them, so they are lost, not wrong. `count` is told of every file.
 */
export const damagedRecords = (
  directory: HostPath,
  parse: (value: unknown) => unknown,
  count: () => void,
): readonly DamagedRecord[] =>
  namesIn(directory).flatMap((name): readonly DamagedRecord[] => {
    const path = join(directory, name)
    if (name.startsWith('.'))
      return [{ path, problem: 'is a temporary file of a writer that is gone', temporary: true }]
    count()
    const problem = problemOf(path, name, parse)
    return problem === undefined ? [] : [{ path, problem, temporary: false }]
  })

export const dropRecord = ({ path }: DamagedRecord): void => rmSync(path, { force: true })

const problemOf = (path: HostPath, name: string, parse: (value: unknown) => unknown): string | undefined => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    return `cannot be read: ${errnoOf(error) ?? String(error)}`
  }
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found !== 'object' || found === null || !('key' in found) || !('value' in found))
      return 'has no key and value'
    if (typeof found.key !== 'string' || fileNameOf(found.key) !== name)
      return 'has the key of another record'
    parse(found.value)
    return undefined
  } catch (error) {
    if (error instanceof SyntaxError)
      return `is no JSON: torn, or changed by something else (${text.length} characters)`
    return `is not a record of this version: ${error instanceof Error ? error.message : String(error)}`
  }
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
