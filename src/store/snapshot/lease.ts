import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Digest, type HostPath, isDigest } from '../../foundation/oci/index.ts'
import { acquireLock, isAbandoned, isOwn, ownedName, removeFile } from '../../foundation/sys/index.ts'
import { isReadOnly, storeFailure } from '../content/index.ts'
import { isLayerId, type StorePaths, storePaths } from './store-paths.ts'
import type { Held, LayerId } from './types.ts'

/**
 * What a command that builds or loads holds while it works: nothing made since it was taken, and nothing that it
 * `hold`s, is pruned. Lapses with the process.
 */
export interface Lease {
  /** Keeps older layers and blobs that this command is going to use. */
  hold(what: Iterable<LayerId | Digest>): void
  release(): void
  [Symbol.dispose](): void
}

const noLease: Lease = { hold: () => undefined, release: () => undefined, [Symbol.dispose]: () => undefined }

/** Waits while a prune is running: it has counted what is in use already. Errors: `locked`, `store-io`. */
export const acquireLease = async (root: HostPath, signal?: AbortSignal): Promise<Lease> => {
  const paths = storePaths(root)
  const path = join(paths.leases, ownedName())
  try {
    append(path, `${Date.now()}\n`)
  } catch (error) {
    // What cannot be written cannot be pruned either.
    if (isReadOnly(root)) return noLease
    // On a full disk the file is there, and empty.
    removeFile(path)
    throw error
  }
  const release = (): void => removeFile(path)
  try {
    // First the lease, then the look at the lock; prune does it the other way round, so one of the two sees the other.
    if (existsSync(paths.pruneLock))
      (await acquireLock(paths.pruneLock, { timeout: 600_000, ...(signal ? { signal } : {}) })).release()
  } catch (error) {
    release()
    throw error
  }
  const held = new Set<string>()
  return {
    hold(what) {
      const fresh = [...new Set(what)].filter((name) => !held.has(name))
      if (fresh.length === 0) return
      append(path, `${fresh.join('\n')}\n`)
      for (const name of fresh) held.add(name)
    },
    release,
    [Symbol.dispose]: release,
  }
}

const append = (path: HostPath, text: string): void => {
  try {
    appendFileSync(path, text, { mode: 0o600 })
  } catch (error) {
    throw storeFailure('take a lease on the store', error)
  }
}

/** Milliseconds: file systems stamp files with a clock that ticks rarely and so lags behind. */
const clockSlack = 1000

export const heldByLeases = (paths: StorePaths): Held => {
  let since = Number.POSITIVE_INFINITY
  const names: string[] = []
  let others = 0
  for (const name of readdirSync(paths.leases)) {
    if (isAbandoned(name)) continue
    try {
      const path = join(paths.leases, name)
      const [taken, ...held] = readFileSync(path, 'utf8').split('\n')
      since = Math.min(since, Number(taken) - clockSlack)
      names.push(...held)
      if (!isOwn(name)) others++
    } catch (error) {
      // Released in the meantime.
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
  return { since, layers: new Set(names.filter(isLayerId)), blobs: new Set(names.filter(isDigest)), others }
}
