import { xattrHeaderSize } from './image-format.ts'

/** Prefixes that EROFS has numbers for; POSIX ACLs are whole names. */
const prefixes: readonly (readonly [prefix: string, number: number])[] = [
  ['system.posix_acl_access', 2],
  ['system.posix_acl_default', 3],
  ['user.', 1],
  ['trusted.', 4],
  ['security.', 6],
]

/**
 * Attributes as they lie behind an inode, with those that overlay wants to see on a directory (see `unpackBatch`). Empty when there
 * are none, undefined when they do not fit the format.
 */
export const encodeImageXattrs = (
  own: ReadonlyMap<string, Uint8Array> | undefined,
  { removing, opaque }: { readonly removing: boolean; readonly opaque: boolean },
): Buffer | undefined => {
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
