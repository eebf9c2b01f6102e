/** Tars made byte by byte, without any rule: what an attacker or an old program would write. Independent of the program's own writer. */

export interface RawMember {
  readonly name: string | Buffer
  /** One character; NUL for v7. Default '0'. */
  readonly type?: string
  readonly link?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Written into the header as it is; default is the length of `body`. */
  readonly size?: number | string
  readonly mtime?: number
  readonly major?: number
  readonly minor?: number
  readonly body?: string | Buffer
  readonly format?: 'ustar' | 'gnu' | 'v7'
  readonly checksum?: number
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`

/** Header block and padded body. */
export const rawMember = (member: RawMember): Buffer => {
  const body = Buffer.from(member.body ?? '')
  const header = Buffer.alloc(512)
  const size = member.size ?? body.length
  header.write(
    Buffer.isBuffer(member.name)
      ? member.name.toString('latin1')
      : Buffer.from(member.name).toString('latin1'),
    0,
    100,
    'latin1',
  )
  header.write(octal(member.mode ?? 0o644, 8), 100, 'latin1')
  header.write(octal(member.uid ?? 0, 8), 108, 'latin1')
  header.write(octal(member.gid ?? 0, 8), 116, 'latin1')
  header.write(typeof size === 'string' ? size : octal(size, 12), 124, 12, 'latin1')
  header.write(octal(member.mtime ?? 0, 12), 136, 'latin1')
  header.write('        ', 148, 'latin1')
  header.write(member.type ?? '0', 156, 'latin1')
  header.write(member.link ?? '', 157, 100, 'utf8')
  if (member.format !== 'v7') {
    header.write(member.format === 'gnu' ? 'ustar  \0' : 'ustar\u000000', 257, 'latin1')
    header.write(octal(member.major ?? 0, 8), 329, 'latin1')
    header.write(octal(member.minor ?? 0, 8), 337, 'latin1')
  }
  const sum = member.checksum ?? header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

/** `LENGTH KEY=VALUE\n` with a right length. */
export const paxRecord = (key: string, value: string | Buffer): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** A PAX header member ('x', or 'g' for a global one). */
export const paxMember = (records: Readonly<Record<string, string | Buffer>>, type = 'x'): Buffer =>
  rawMember({
    name: 'pax',
    type,
    body: Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value))),
  })

/** Members and the two final blocks. */
export const rawTar = (...members: readonly (RawMember | Buffer)[]): Buffer =>
  Buffer.concat([...members.map((m) => (Buffer.isBuffer(m) ? m : rawMember(m))), Buffer.alloc(1024)])
