import { describe, expect, it } from 'vitest'
import { decodePath, encodePath, fsPath } from '../../../../src/foundation/filetree/index.ts'

describe('decodePath and encodePath', () => {
  it.each([
    ['ascii', 'etc/passwd', Buffer.from('etc/passwd')],
    ['two to four bytes', 'é€𐍈', Buffer.from('é€𐍈')],
    ['a replacement character that is really there', '\ufffd', Buffer.from('\ufffd')],
    ['latin1 bytes', 'caf\udce9', Buffer.from('caf\xe9', 'latin1')],
    ['an encoded surrogate', '\udced\udcb0\udc80', Buffer.from([0xed, 0xb0, 0x80])],
    ['an overlong slash', '\udcc0\udcaf', Buffer.from([0xc0, 0xaf])],
    ['a cut sequence behind a whole one', '𐍈\udcf0\udc90', Buffer.from([...Buffer.from('𐍈'), 0xf0, 0x90])],
    ['too large a code point', '\udcf4\udc90\udc80\udc80', Buffer.from([0xf4, 0x90, 0x80, 0x80])],
  ])('%s', (_, text, bytes) => {
    expect(decodePath(bytes)).toBe(text)
    expect(encodePath(text)).toEqual(bytes)
  })

  it('keeps all byte strings apart and whole', () => {
    let seed = 1
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      return seed >>> 8
    }
    for (let i = 0; i < 5000; i++) {
      const bytes = Buffer.from(Array.from({ length: 1 + (random() % 6) }, () => random() % 256))
      expect(encodePath(decodePath(bytes))).toEqual(bytes)
    }
  })
})

describe('fsPath', () => {
  it('is the string itself when Node would encode it right', () => expect(fsPath('/a/é𐍈')).toBe('/a/é𐍈'))
  it('is bytes otherwise', () => expect(fsPath('/a/\udcff')).toEqual(Buffer.from('/a/\xff', 'latin1')))
})
