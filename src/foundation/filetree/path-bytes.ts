/**
 * File names are bytes, paths in this program are strings. A name that is valid UTF-8 is that text; every byte that
 * is not part of valid UTF-8 becomes the lone surrogate U+DC80..U+DCFF, which no valid text contains. Lossless both ways.
 */

/** A lone low surrogate of the escaping range: not preceded by a high surrogate. */
const escaped = /(?<![\ud800-\udbff])[\udc80-\udcff]/

/** No string that V8 keeps as one byte per character has these, so it answers without looking at most paths. */
const surrogate = /[\ud800-\udfff]/

const isEscaped = (path: string): boolean => surrogate.test(path) && escaped.test(path)

/** Bytes -> path. */
export const decodePath = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.includes('\ufffd') ? decodeWithEscapes(bytes) : text
}

/** Path -> bytes; the inverse of `decodePath`. */
export const encodePath = (path: string): Buffer =>
  isEscaped(path) ? encodeWithEscapes(path) : Buffer.from(path, 'utf8')

/** What Node's fs functions take for a path: the string itself, or bytes when the string would not survive. */
export const fsPath = (path: string): string | Buffer => (isEscaped(path) ? encodeWithEscapes(path) : path)

/** Well-formed sequences by Unicode table 3-7, on bytes taken as latin1; any other byte is a match without a group. */
const sequences =
  /([\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})|[\x80-\xff]/g

const decodeWithEscapes = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(sequences, (whole, valid: string | undefined) =>
      valid === undefined
        ? String.fromCharCode(0xdc00 + whole.charCodeAt(0))
        : Buffer.from(valid, 'latin1').toString('utf8'),
    )

const encodeWithEscapes = (path: string): Buffer => {
  const parts: Buffer[] = []
  let from = 0
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) i++
    else if (unit >= 0xdc80 && unit <= 0xdcff) {
      parts.push(Buffer.from(path.slice(from, i), 'utf8'), Buffer.from([unit - 0xdc00]))
      from = i + 1
    }
  }
  parts.push(Buffer.from(path.slice(from), 'utf8'))
  return Buffer.concat(parts)
}
