import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, randomName, removeFile } from '../../foundation/sys/index.ts'
import { isOnDisk, isSettled, settle, writeDurable } from './durable.ts'
import { createEntryMemo } from './entry-memo.ts'
import { fileNameOf } from './file-name.ts'
import { createQuickList } from './quick-list.ts'
import type { RecordTable, RecordTableOptions } from './types.ts'

/**
 * The table that lies in `directory` (made when the first record comes). `parse` gets the JSON value of a record and
 * throws when it is not one; such a record counts as absent. A record file is `{"key": KEY, "value": VALUE}`.
 */
export const createRecordTable = <T>(
  directory: HostPath,
  parse: (value: unknown) => T,
  { lists }: RecordTableOptions = {},
): RecordTable<T> => {
  const pathOf = (key: string): HostPath => join(directory, fileNameOf(key))
  const memo = createEntryMemo<Entry<T>>()
  let wasListed = false
  /** Hashing a thousand keys takes as long as reading them. Who only shows them can do without; `fsck` tells. */
  const isNamedAs = (name: string, key: string): boolean => lists !== undefined || fileNameOf(key) === name

  const get = (key: string): T | undefined => {
    const path = pathOf(key)
    const read = (): Entry<T> | undefined => readEntry(path, parse)
    const found = memo.has(path) ? memo.get(path, read) : read()
    return found?.key === key ? found.value : undefined
  }

  function* entries(): Generator<readonly [string, T]> {
    // Most commands look through a table once: then it is not worth a look at each file to remember it.
    const isAgain = wasListed
    wasListed = true
    for (const name of namesIn(directory).toSorted()) {
      const path = `${directory}/${name}`
      const read = (): Entry<T> | undefined => {
        const found = readEntry(path, parse)
        return found && isNamedAs(name, found.key) ? found : undefined
      }
      const found = isAgain ? memo.get(path, read) : read()
      if (found) yield [found.key, found.value]
    }
  }
  const quickly = (place: HostPath): (() => Iterable<readonly [string, T]>) =>
    createQuickList({ place: join(place, `${basename(directory)}.json`), directory }, parse, () => [
      ...entries(),
    ])

  return {
    get,
    put(key, value) {
      inDirectory(directory, () => atomicWrite(pathOf(key), encode(key, value)))
    },
    putDurable(key, value) {
      const text = encode(key, value)
      if (isOnDisk(pathOf(key), text)) return
      inDirectory(directory, () => writeDurable(pathOf(key), text))
    },
    touch(key) {
      try {
        const now = new Date()
        utimesSync(pathOf(key), now, now)
      } catch {
        // Removed meanwhile, or the store is read-only: then nobody collects by it.
      }
    },
    usedAt: (key) => statSync(pathOf(key), { throwIfNoEntry: false })?.mtimeMs,
    settle: (key) => settle(pathOf(key)),
    isSettled: (key) => isSettled(pathOf(key)),
    add(key, value) {
      return inDirectory(directory, () => {
        const temp = join(directory, `.${randomName()}.tmp`)
        writeFileSync(temp, encode(key, value), { flag: 'wx', mode: 0o600 })
        try {
          return linkAbsent(temp, pathOf(key), (path) => readEntry(path, parse)?.key === key)
        } finally {
          removeFile(temp)
        }
      })
    },
    remove(key) {
      inDirectory(directory, () => removeFile(pathOf(key)))
    },
    entries: lists === undefined ? entries : quickly(lists),
    present() {
      const names = new Set(namesIn(directory))
      return (key) => names.has(fileNameOf(key))
    },
  }
}

const encode = (key: string, value: unknown): string => `${JSON.stringify({ key, value })}\n`

interface Entry<T> {
  readonly key: string
  readonly value: T
}

const readEntry = <T>(path: HostPath, parse: (value: unknown) => T): Entry<T> | undefined => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'EISDIR' || errno === 'ENOTDIR') return undefined
    throw recordFailure('read record', path, error)
  }
  try {
    const found: unknown = JSON.parse(text)
    return isEntry(found) ? { key: found.key, value: parse(found.value) } : undefined
  } catch {
    // Torn by a crash, or not ours: the contract calls it absent.
    return undefined
  }
}

const isEntry = (value: unknown): value is { readonly key: string; readonly value: unknown } =>
  typeof value === 'object' &&
  value !== null &&
  'key' in value &&
  typeof value.key === 'string' &&
  'value' in value

/** Links `temp` to `path` unless a whole record is there; one that does not parse is moved out of the way first. */
const linkAbsent = (temp: HostPath, path: HostPath, isWhole: (path: HostPath) => boolean): boolean => {
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      linkSync(temp, path)
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    if (isWhole(path)) return false
    moveTornAside(path, `${temp}.torn`, isWhole)
  }
  return false
}

const moveTornAside = (path: HostPath, aside: HostPath, isWhole: (path: HostPath) => boolean): void => {
  try {
    renameSync(path, aside)
    // Somebody may have written a whole record between our look and our move: it gets its place back.
    if (isWhole(aside)) linkSync(aside, path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOENT' && errno !== 'EEXIST') throw error
  } finally {
    removeFile(aside)
  }
}

const inDirectory = <R>(directory: HostPath, write: () => R): R => {
  try {
    return write()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw recordFailure('write record in', directory, error)
  }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return write()
  } catch (error) {
    throw recordFailure('write record in', directory, error)
  }
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith('.'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw recordFailure('list records in', directory, error)
  }
}

const recordFailure = (task: string, path: HostPath, error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new AppError(
        errnoOf(error) === 'ENOSPC' ? 'store-full' : 'store-io',
        `${task} ${path}: ${errnoOf(error) ?? String(error)}`,
        {
          exitCode: exitCode.storeIo,
          cause: error,
          hint: "check the free space and the permissions of the store's directory",
        },
      )
