import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { decodePath, fsPath } from '../../foundation/filetree/index.ts'
import { applySpecials, type FsOp, scanTree } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAbandoned, ownedName, randomName } from '../../foundation/sys/index.ts'

/** Everything here is done by the holder of the volume. Content in the making is `new-OWNER`, whole content `full-RANDOM`. */

/** Fills an empty volume. False when it is not empty. */
export const fillVolume = (volume: HostPath, write: (directory: HostPath) => void): boolean => {
  finishFill(volume)
  if (readdirSync(join(volume, '_data'), { encoding: 'buffer' }).length > 0) return false
  const staged = join(volume, `new-${ownedName()}`)
  mkdirSync(staged, { mode: 0o700 })
  write(staged)
  renameSync(staged, join(volume, `full-${randomName()}`))
  finishFill(volume)
  return true
}

/**
 * Moves whole content in, one entry after the other: the directory stays the one that running containers have mounted.
 * Whoever comes after a kill -9 begins where it ended.
 */
export const finishFill = (volume: HostPath): void => {
  for (const name of readdirSync(volume)) {
    if (!name.startsWith('full-')) continue
    const full = join(volume, name)
    const data = join(volume, '_data')
    const { mtimeNs } = lstatSync(full, { bigint: true })
    for (const bytes of readdirSync(fsPath(full), { encoding: 'buffer' })) {
      const entry = decodePath(bytes)
      moveIn(join(full, entry), join(data, entry))
    }
    takeAttributes(full, data, mtimeNs)
    rmdirSync(full)
  }
}

/** What a container has made there in the meantime stays. */
const moveIn = (from: HostPath, to: HostPath): void => {
  if (lstatSync(fsPath(to), { throwIfNoEntry: false })) return
  try {
    renameSync(fsPath(from), fsPath(to))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

const second = 1_000_000_000n

/** The directory is empty by now: only it is scanned. Its time was taken before it was emptied. */
const takeAttributes = (from: HostPath, to: HostPath, mtimeNs: bigint): void => {
  const [root] = scanTree(from)
  if (!root) return
  const { uid, gid, mode, xattrs } = root
  const mtimeNsec = Number(((mtimeNs % second) + second) % second)
  const mtime = Number((mtimeNs - BigInt(mtimeNsec)) / second)
  const batch: readonly FsOp[] = [
    { op: 'owner', path: '', uid, gid },
    { op: 'mode', path: '', mode },
    ...[...(xattrs ?? [])].map(
      ([name, value]): FsOp => ({ op: 'xattr', path: '', name, value, optional: true }),
    ),
    { op: 'times', path: '', mtime, mtimeNsec },
  ]
  applySpecials(to, batch)
}

/** What processes that died while they wrote content have left. */
export const abandonedContent = (volume: HostPath): readonly HostPath[] =>
  readdirSync(volume)
    .filter((name) => name.startsWith('new-') && isAbandoned(name.slice('new-'.length)))
    .map((name) => join(volume, name))
