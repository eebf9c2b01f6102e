import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import type { TreeEntry } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { layerNotFound } from './errors.ts'
import type { RootAttributes } from './layer-record.ts'
import type { Stack } from './types.ts'
import type { Workshop } from './workshop.ts'

/** What a layer's root directory is when the layer says nothing of it. */
export const plainRoot: RootAttributes = { mode: 0o755, uid: 0, gid: 0 }

/**
 * Mode and owner of a stack's root. In overlay the topmost lowerdir decides, whether its layer had a word to say on the
 * root or not; here the topmost layer that had one does.
 */
export const rootOfStack = (shop: Workshop, stack: Stack): RootAttributes => {
  for (let i = stack.length - 1; i >= 0; i--) {
    const id = stack[i]
    if (id === undefined) break
    const facts = shop.layers.facts(id)
    if (!facts) throw layerNotFound(id)
    if (facts.root) return facts.root
  }
  return plainRoot
}

export const sameRoot = (a: RootAttributes, b: RootAttributes): boolean =>
  a.mode === b.mode && a.uid === b.uid && a.gid === b.gid

export const rootOnDisk = (path: HostPath): RootAttributes => {
  const { mode, uid, gid } = statSync(path)
  return { mode: mode & 0o7777, uid, gid }
}

export const rootOfEntry = ({ mode, uid, gid }: TreeEntry): RootAttributes => ({ mode, uid, gid })

/** Makes the directory that becomes the root. */
export const makeRoot = (path: HostPath, root: RootAttributes): void => {
  mkdirSync(path, { mode: root.mode })
  if (root.uid !== process.geteuid?.() || root.gid !== process.getegid?.())
    chownSync(path, root.uid, root.gid)
  // Not subject to the umask, and chown clears set-id bits.
  chmodSync(path, root.mode)
}
