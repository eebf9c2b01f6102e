import { describe, expect, it } from 'vitest'
import { parseImageConfig, parseManifest, parseStrictJson } from '../../../../src/foundation/oci/index.ts'

describe('JSON with one meaning (16)', () => {
  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"y":{"k":1,"z":2,"k":3}}]}',
    '{"__proto__":1,"__proto__":2}',
    '{"a\\"b":1,"a\\"b":2}',
    '{"":1,"":2}',
  ])('%s has a key twice', (text) => expect(() => parseStrictJson(text)).toThrow(/comes twice/))

  it.each([
    '{"a":{"b":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"\\"a\\":","c":"{}[]:"}',
    '{"a":"\\\\","b":"\\\\"}',
    '{"a":[],"A":1,"constructor":2}',
    '"a"',
    ' [ ] ',
  ])('%s means what JSON.parse says', (text) => expect(parseStrictJson(text)).toEqual(JSON.parse(text)))

  it('depth is bounded', () => {
    expect(() => parseStrictJson('['.repeat(200) + ']'.repeat(200))).toThrow(/nested/)
    expect(() => parseStrictJson('['.repeat(1e6))).toThrow()
  })

  it('takes a long text in its stride', () => {
    const object = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`key${i}`, '\\"{['.repeat(5)]),
    )
    expect(parseStrictJson(JSON.stringify(object))).toEqual(object)
  })
})

describe('documents', () => {
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }

  it('with a key twice are refused, with the key', () => {
    expect(() => parseManifest('{"schemaVersion":2,"layers":[],"layers":[]}')).toThrow(/"layers" comes twice/)
  })

  it.each([{ history: 'x' }, { history: [1] }, { history: { length: 1 } }, { config: { Labels: { a: 1 } } }])(
    '%j is of the wrong type',
    (part) => expect(() => parseImageConfig(JSON.stringify({ ...config, ...part }))).toThrow(/image config/),
  )
})
