/** Writes zip archives by hand, so that they can be wrong in ways that no library would write. */

export interface ZipMember {
  readonly name: string
  readonly data?: Uint8Array | string
  /** Unix mode with its type; absent: as a DOS program writes it. */
  readonly mode?: number
  /** General purpose flags, e.g. 1 for encrypted. */
  readonly flags?: number
  readonly method?: number
  /** What the headers say, when it is not the truth. */
  readonly size?: number
  readonly crc?: number
  /** DOS date and time. */
  readonly time?: number
}

const table = Array.from({ length: 256 }, (_, n) => {
  let value = n
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value >>> 0
})

const crcOf = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

export const zipFile = (members: readonly ZipMember[]): Buffer => {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const member of members) {
    const data = Buffer.from(member.data ?? '')
    const name = Buffer.from(member.name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE((member.flags ?? 0) | 0x800, 2)
    common.writeUInt16LE(member.method ?? 0, 4)
    common.writeUInt32LE(member.time ?? ((21 << 25) | (1 << 21) | (1 << 16)) >>> 0, 6)
    common.writeUInt32LE(member.crc ?? crcOf(data), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(member.size ?? data.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data])
    const central = Buffer.alloc(14)
    central.writeUInt32LE(((member.mode ?? 0) << 16) >>> 0, 6)
    central.writeUInt32LE(offset, 10)
    const madeBy = Buffer.from([20, member.mode === undefined ? 0 : 3])
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, common, central, name]))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}
