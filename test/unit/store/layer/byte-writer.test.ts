import { expect, it } from 'vitest'
import { decodePath } from '../../../../src/foundation/filetree/index.ts'
import { type ByteWriter, createByteWriter } from '../../../../src/store/layer/byte-writer.ts'
import { joined } from '../../../../src/store/layer/encoded-index.ts'

const bytesOf = (out: ByteWriter): Buffer => joined(out.pieces(), out.length())

it('writes pieces one behind the other, little endian', () => {
  const out = createByteWriter()
  out.u16(0x0102)
  out.u32(0x01020304)
  out.hex('00ff10')
  out.add(Buffer.from('xyz'))
  out.shortText('ab')
  expect(bytesOf(out).toString('hex')).toBe('0201040302010' + '0ff1078797a02006162')
  expect(out.length()).toBe(16)
})

it('grows, and keeps what was written', () => {
  const out = createByteWriter()
  const piece = 'p'.repeat(1000)
  for (let i = 0; i < 50; i++) out.text(piece)
  expect(bytesOf(out).toString('latin1')).toBe(piece.repeat(50))
})

it.each(['plain', 'ä/€/😀', decodePath(Buffer.from([0x61, 0xff, 0x62, 0xc3])), `${'a'.repeat(4095)}ä`])(
  '%j as its bytes',
  (path) => {
    const out = createByteWriter()
    out.text('before')
    out.shortText(path)
    const bytes = bytesOf(out)
    expect(bytes.toString('latin1', 0, 6)).toBe('before')
    expect(bytes.readUInt16LE(6)).toBe(bytes.length - 8)
    expect(decodePath(bytes.subarray(8))).toBe(path)
  },
)

it('puts digests into pieces that are no longer the last one', () => {
  const out = createByteWriter()
  const places: number[] = []
  for (let i = 0; i < 5000; i++) {
    places.push(out.length())
    out.zeros(32)
  }
  for (const [i, at] of places.entries()) out.patch(at, Buffer.alloc(32, i % 251))
  const bytes = bytesOf(out)
  expect(places.every((at, i) => bytes.subarray(at, at + 32).equals(Buffer.alloc(32, i % 251)))).toBe(true)
})

it('takes over a part of another buffer that is larger than a piece, as far as it goes', () => {
  const source = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 253))
  const out = createByteWriter()
  out.text('x')
  out.addRange(source, 5, 150_000)
  out.addRange(source, 199_990, 300_000)
  expect(out.length()).toBe(1 + 149_995 + 10)
  expect(
    bytesOf(out).equals(
      Buffer.concat([Buffer.from('x'), source.subarray(5, 150_000), source.subarray(199_990)]),
    ),
  ).toBe(true)
})
