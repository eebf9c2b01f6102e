import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, InternalError } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  acquireLock,
  isAbandoned,
  type Lock,
  randomName,
  sweepLocks,
  treeSize,
} from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import { journalIn, type NewEvent, tell } from '../journal/index.ts'
import { createRecordTable } from '../records/index.ts'
import { checkDriverOptions } from './driver-options.ts'
import { abandonedContent, fillVolume, finishFill } from './fill-volume.ts'
import type { HoldOptions, Volume, VolumeStore, VolumesHeld } from './types.ts'
import { checkVolumeName } from './volume-name.ts'
import { isDamaged, makeVolume, readSound, readVolume } from './volume-record.ts'

/**
 * The volumes of the store at `root`: `volumes/NAME/{volume.json,_data}`. Entries that begin with a dot are the room's own: locks,
 * volumes in the making, and what containers leave to be removed. Reads and writes nothing by itself.
 */
export const openVolumes = (root: HostPath): VolumeStore => {
  const base = join(root, 'volumes')
  const directoryOf = (name: string): HostPath => join(base, checkVolumeName(name))
  const discard = (path: HostPath): boolean => moveToTrash(join(root, 'trash'), path)
  const heirs = createRecordTable<readonly string[]>(join(base, '.heirs'), parseNames)

  return {
    get: (name) => readVolume(directoryOf(name), name),
    list: () => namesIn(base).flatMap((name) => readSound(join(base, name), name) ?? []),
    damaged: () => namesIn(base).filter((name) => isDamaged(join(base, name), name)),
    size: ({ mountpoint }) => treeSize(mountpoint),
    async hold(names, options = {}) {
      const locks = await lockAll(base, names.map(checkVolumeName), options)
      const held = new Set(names)
      return heldVolumes({ base, held, discard, journal: journalIn(root), release: () => releaseAll(locks) })
    },
    bequeath: (id, names) => heirs.put(id, names),
    forget: (id) => void heirs.remove(id),
    heirs: () => new Map(heirs.entries()),
    sweep() {
      sweepLocks(join(base, '.locks'))
      for (const name of entriesOf(base))
        if (name.startsWith('.new-') && isAbandoned(name.slice('.new-'.length))) discard(join(base, name))
    },
  }
}

const parseNames = (value: unknown): readonly string[] => {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value.map(String)
  throw new TypeError('not a list of names')
}

interface Holding {
  readonly base: HostPath
  readonly held: ReadonlySet<string>
  readonly journal: HostPath
  readonly discard: (path: HostPath) => boolean
  readonly release: () => void
}

const heldVolumes = ({ base, held, discard, journal, release }: Holding): VolumesHeld => {
  const directoryOf = (name: string): HostPath => {
    if (!held.has(name)) throw new InternalError(`change volume ${name}: it is not held`)
    return join(base, name)
  }
  return {
    ensure: (wish) =>
      guarded(`make volume ${wish.name}`, () => {
        const directory = directoryOf(wish.name)
        const known = readVolume(directory, wish.name)
        if (known) return { volume: known, made: false }
        checkDriverOptions(wish.options ?? {})
        makeVolume(base, wish)
        tell(journal, eventOf('create', wish.name))
        return { volume: whole(readVolume(directory, wish.name)), made: true }
      }),
    fill: (name, write) =>
      guarded(`fill volume ${name}`, () => {
        const directory = directoryOf(name)
        for (const path of abandonedContent(directory)) discard(path)
        return fillVolume(directory, write)
      }),
    remove: (name) =>
      guarded(`remove volume ${name}`, () => {
        const removed = discard(directoryOf(name))
        if (removed) tell(journal, eventOf('destroy', name))
        return removed
      }),
    release,
    [Symbol.dispose]: release,
  }
}

const eventOf = (Action: string, name: string): NewEvent => ({
  Type: 'volume',
  Action,
  Actor: { ID: name, Attributes: { driver: 'local' } },
})

const whole = (volume: Volume | undefined): Volume => {
  if (volume) return volume
  throw new InternalError('a volume was removed while it was held')
}

const guarded = <T>(task: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw errnoOf(error) === undefined ? error : storeFailure(task, error)
  }
}

/** In the order of their names, so that no two commands wait for each other. */
const lockAll = async (
  base: HostPath,
  names: readonly string[],
  { patience = 30 * 60_000, signal }: HoldOptions,
): Promise<readonly Lock[]> => {
  const locks: Lock[] = []
  const directory = join(base, '.locks')
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const name of [...new Set(names)].sort(byCodeUnit)) {
      const options = { timeout: patience, ...(signal ? { signal } : {}) }
      locks.push(await acquireLock(join(directory, lockName(name)), options))
      finishIfThere(join(base, name))
    }
    return locks
  } catch (error) {
    releaseAll(locks)
    throw errnoOf(error) === undefined ? error : storeFailure('use volumes', error)
  }
}

/** A name may be as long as a file's name can be, and locks have names with something behind it. */
const lockName = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32)

/** Whoever holds a volume next finishes what was interrupted, before anything is done with it. */
const finishIfThere = (directory: HostPath): void => {
  if (entriesOf(directory).includes('volume.json')) finishFill(directory)
}

const releaseAll = (locks: readonly Lock[]): void => {
  for (const lock of locks) lock.release()
}

const namesIn = (base: HostPath): readonly string[] =>
  entriesOf(base)
    .filter((name) => !name.startsWith('.'))
    .sort(byCodeUnit)

const entriesOf = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** One system call, however large it is. False when it was not there. */
const moveToTrash = (trash: HostPath, path: HostPath): boolean => {
  mkdirSync(trash, { recursive: true, mode: 0o700 })
  try {
    renameSync(path, join(trash, randomName()))
    return true
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return false
  }
}
