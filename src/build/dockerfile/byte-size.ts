const units = 'bkmgtp'

/** A size as docker reads it (`64m`, `1.5 GiB`, `4096`), in bytes; undefined when it is something else. Units are powers of 1024. */
export const parseByteSize = (text: string): number | undefined => {
  const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,3}))? ?(?:b|([kmgtp])(?:i?b)?)?$/i.exec(text)
  if (!match) return undefined
  const [, digits = '', exponent = '0', unit = 'b'] = match
  const bytes = Math.trunc(Number(`${digits}e${exponent}`) * 1024 ** units.indexOf(unit.toLowerCase()))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
