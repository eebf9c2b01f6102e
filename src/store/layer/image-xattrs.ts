import { xattrHeaderSize } from './image-format.ts'
import type { RowType } from './index-record.ts'

/** Prefixes that EROFS has numbers for. */
const prefixes: readonly (readonly [prefix: string, number])[] = [
  ['user.', 1],
  ['trusted.', 4],
  ['security.', 6],
]

export interface ImageXattrs {
  readonly type: RowType
  readonly own: ReadonlyMap<string, Uint8Array> | undefined
  /** What overlay wants to see on a directory (see `unpackBatch`). */
  readonly removing: boolean
  readonly opaque: boolean
}

/**
 * Attributes as they lie behind an inode. Empty when there are none, undefined when they do not fit the format, or when the kernel
 * would not keep them as they are if they were set.
 */
export const encodeImageXattrs = ({ type, own, removing, opaque }: ImageXattrs): Buffer | undefined => {
  if (![...(own ?? [])].every(([name, value]) => isKeptAsItIs(type, name, value))) return undefined
  const all = new Map(own)
  if (opaque) all.set('trusted.overlay.opaque', Buffer.from('y'))
  if (removing) all.set('trusted.overlay.origin', none)
  if (all.size === 0) return none
  const parts: Buffer[] = [Buffer.alloc(xattrHeaderSize)]
  for (const [name, value] of all) {
    const part = encodeOne(name, value)
    if (part === undefined) return undefined
    parts.push(part)
  }
  const bytes = Buffer.concat(parts)
  // Counted in 16 bits of 4 bytes.
  return bytes.length < 0x3ffff ? bytes : undefined
}

const none = Buffer.alloc(0)

/**
 * Whoever sets an ACL sets the mode as well, and is refused a wrong one; of capabilities the second version alone is stored as it
 * came; only files and directories have attributes of users (xattr(7)). An image would show all of them, whatever they are.
 */
const isKeptAsItIs = (type: RowType, name: string, value: Uint8Array): boolean => {
  if (name === 'security.capability')
    return type === 'file' && value.length === capabilitySize && value[3] === capabilityVersion
  return name.startsWith('user.') && name !== 'user.' && (type === 'file' || type === 'directory')
}

/** `struct vfs_cap_data`: the highest byte of the first number is its version, the lowest bit of all is "effective". */
const capabilitySize = 20
const capabilityVersion = 2

const encodeOne = (name: string, value: Uint8Array): Buffer | undefined => {
  const found = prefixes.find(([prefix]) => name.startsWith(prefix))
  const rest = Buffer.from(name.slice(found?.[0].length))
  if (found === undefined || rest.length > 0xff || value.length > 0xffff) return undefined
  const bytes = Buffer.alloc((4 + rest.length + value.length + 3) & ~3)
  bytes[0] = rest.length
  bytes[1] = found[1]
  bytes.writeUInt16LE(value.length, 2)
  rest.copy(bytes, 4)
  bytes.set(value, 4 + rest.length)
  return bytes
}
