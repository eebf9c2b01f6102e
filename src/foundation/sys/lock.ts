import { linkSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../errors/index.ts'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'
import { randomHex } from './random.ts'
import { removeFile } from './remove-file.ts'

export interface Lock {
  release(): void
  [Symbol.dispose](): void
}

/**
 * Takes the lock file `path` if it is free or its owner is dead; undefined when a live process has it.
 * The file appears whole (link of a written temp file), so a reader never sees a lock without an owner.
 */
export const tryLock = (path: string): Lock | undefined => {
  const temp = `${path}.${randomHex(6)}`
  try {
    writeFileSync(temp, JSON.stringify(identify()), { mode: 0o600, flag: 'wx' })
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        linkSync(temp, path)
        return lockOf(path)
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error
      }
      const owner = readOwner(path)
      if (owner && isAlive(owner)) return undefined
      if (owner) breakStale(path, owner)
    }
    return undefined
  } finally {
    removeFile(temp)
  }
}

/** Whether a process had the lock `path` and died with it. */
export const isStaleLock = (path: string): boolean => {
  const owner = readOwner(path)
  return owner !== undefined && !isAlive(owner)
}

/** Removes the locks in `directory` whose owners are dead, and what killed attempts to take one left. */
export const sweepLocks = (directory: string): void => {
  for (const name of namesIn(directory)) {
    const path = join(directory, name)
    const owner = readOwner(path)
    if (owner && !isAlive(owner)) breakStale(path, owner)
    // A lock is whole from the beginning: this never became one.
    else if (!owner && isOld(path)) removeFile(path)
  }
}

/** Milliseconds that writing what becomes a lock may take. */
const grace = 60_000

const isOld = (path: string): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > grace
}

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Waits for the lock; throws `locked` after `timeout` milliseconds. */
export const acquireLock = async (
  path: string,
  options: { timeout?: number; signal?: AbortSignal } = {},
): Promise<Lock> => {
  const deadline = Date.now() + (options.timeout ?? 60_000)
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    options.signal?.throwIfAborted()
    const lock = tryLock(path)
    if (lock) return lock
    if (Date.now() > deadline) {
      throw new AppError('locked', `lock ${path}: held by process ${readOwner(path)?.pid ?? '?'}`, {
        exitCode: exitCode.storeIo,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

const lockOf = (path: string): Lock => {
  let held = true
  const release = (): void => {
    if (held) removeFile(path)
    held = false
  }
  return { release, [Symbol.dispose]: release }
}

const readOwner = (path: string): ProcessIdentity | undefined => {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity | null) ?? undefined
  } catch {
    return undefined
  }
}

/** Moves the dead owner's file aside first: of several breakers one wins, and a fresh lock is put back. */
const breakStale = (path: string, dead: ProcessIdentity): void => {
  const aside = `${path}.${randomHex(6)}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const owner = readOwner(aside)
  if (owner && (owner.pid !== dead.pid || owner.startTime !== dead.startTime)) {
    try {
      linkSync(aside, path)
    } catch {
      // Somebody else has it by now; the moved owner finds out when it releases.
    }
  }
  removeFile(aside)
}
