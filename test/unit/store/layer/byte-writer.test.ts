import { expect, it } from 'vitest'
import { decodePath } from '../../../../src/foundation/filetree/index.ts'
import { createByteWriter } from '../../../../src/store/layer/byte-writer.ts'

it('writes pieces one behind the other, little endian', () => {
  const out = createByteWriter()
  out.u16(0x0102)
  out.u32(0x01020304)
  out.hex('00ff10')
  out.add(Buffer.from('xyz'))
  out.shortText('ab')
  expect(out.bytes().toString('hex')).toBe('0201040302010' + '0ff1078797a02006162')
  expect(out.length()).toBe(16)
})

it('grows, and keeps what was written', () => {
  const out = createByteWriter()
  const piece = 'p'.repeat(1000)
  for (let i = 0; i < 50; i++) out.text(piece)
  expect(out.bytes().toString('latin1')).toBe(piece.repeat(50))
})

it.each(['plain', 'ä/€/😀', decodePath(Buffer.from([0x61, 0xff, 0x62, 0xc3])), `${'a'.repeat(4095)}ä`])(
  '%j as its bytes',
  (path) => {
    const out = createByteWriter()
    out.text('before')
    out.shortText(path)
    const bytes = out.bytes()
    expect(bytes.toString('latin1', 0, 6)).toBe('before')
    expect(bytes.readUInt16LE(6)).toBe(bytes.length - 8)
    expect(decodePath(bytes.subarray(8))).toBe(path)
  },
)
