import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../errors/index.ts'
import { decodePath, fsPath } from '../filetree/index.ts'
import type { HostPath } from '../oci/index.ts'

/** Bytes on the disk of a directory that others may be changing; symlinks are not followed, an inode counts once. */
export const treeSize = (directory: HostPath): number => {
  let bytes = 0
  const linked = new Set<string>()
  const pending: HostPath[] = [directory]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const at = path
    const stat = ifThere(() => lstatSync(fsPath(at)))
    if (!stat) continue
    const inode = `${stat.dev}:${stat.ino}`
    if (stat.nlink > 1 && !stat.isDirectory() && linked.has(inode)) continue
    linked.add(inode)
    bytes += stat.blocks * 512
    if (!stat.isDirectory()) continue
    for (const name of ifThere(() => readdirSync(fsPath(at), { encoding: 'buffer' })) ?? [])
      pending.push(join(at, decodePath(name)))
  }
  return bytes
}

const ifThere = <T>(look: () => T): T | undefined => {
  try {
    return look()
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw error
  }
}
