import { describe, expect, it } from 'vitest'
import { createOpWriter } from '../../../../src/foundation/native/op-writer.ts'
import { decodeOps } from '../../../support/decode-ops.ts'

describe('createOpWriter', () => {
  it('writes the header and each argument with length and NUL', () => {
    const ops = createOpWriter()
    ops.add('arg', 'é')
    expect(Buffer.from(ops.finish()).toString('hex')).toBe(
      ['54534231', '13000000', '02000000', '03000000', '61726700', '02000000', 'c3a900'].join(''),
    )
  })

  it('keeps binary arguments and grows', () => {
    const ops = createOpWriter()
    const bytes = Buffer.alloc(100_000, 7)
    ops.add('seccomp', bytes)
    for (let i = 0; i < 3000; i++) ops.add('lower', `/layer/${i}`)
    const decoded = decodeOps(ops.finish())
    expect(decoded).toHaveLength(3001)
    expect(decoded[0]?.[1]).toBe(bytes.toString('latin1'))
    expect(decoded[3000]).toEqual(['lower', '/layer/2999'])
  })

  it('refuses text that C would cut', () => {
    expect(() => createOpWriter().add('arg', 'a\0b')).toThrow('NUL')
  })
})
