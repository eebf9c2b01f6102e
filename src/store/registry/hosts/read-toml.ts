import { parse } from 'smol-toml'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { badHostsFile } from './bad-hosts-file.ts'

export type Table = Readonly<Record<string, unknown>>

/** Throws `bad-hosts-file`. */
export const parseToml = (path: HostPath, text: string): Table => {
  if (text.length > 1 << 20) throw badHostsFile(path, 'it is larger than 1 MiB')
  try {
    return parse(text)
  } catch (error) {
    const [first = 'it is not TOML'] = (error instanceof Error ? error.message : '').split('\n')
    throw badHostsFile(path, first, error)
  }
}

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** Typed access to one table: every value that is there must be what is expected. */
export const tableReader = (path: HostPath, table: Table, shown = '') => {
  const wrong = (key: string, expected: string): never => {
    throw badHostsFile(path, `${shown}${key}: expected ${expected}`)
  }
  const strings = (key: string): readonly string[] => {
    const value = table[key] ?? []
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    return list.map((item) => (typeof item === 'string' ? item : wrong(key, 'a string or a list of strings')))
  }
  return {
    text: (key: string): string | undefined => {
      const value = table[key]
      if (value === undefined) return undefined
      return typeof value === 'string' ? value : wrong(key, 'a string')
    },
    flag: (key: string): boolean => {
      const value = table[key] ?? false
      return typeof value === 'boolean' ? value : wrong(key, 'true or false')
    },
    strings,
    table: (key: string): Table => {
      const value = table[key] ?? {}
      return isTable(value) ? value : wrong(key, 'a table')
    },
    tables: (key: string): readonly Table[] => {
      const value = table[key] ?? []
      return Array.isArray(value) && value.every(isTable) ? value : wrong(key, 'a list of tables')
    },
  }
}
