import { printableJson } from '../printable.ts'
import { goText } from './go-text.ts'

const directive = /%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g

/** Go's Sprintf for what templates hold: strings, numbers, lists. */
export const goPrintf = (format: string, values: readonly unknown[]): string => {
  let next = 0
  const text = format.replace(
    directive,
    (whole, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      if (next >= values.length) return `%!${verb}(MISSING)`
      const made = formatOne(
        verb,
        values[next++],
        flags,
        precision === undefined ? undefined : Number(precision),
      )
      return made === undefined ? whole : padded(made, Number(width ?? 0), flags, verb)
    },
  )
  const extra = values.slice(next).map((value) => `${typeof value}=${goText(value)}`)
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(', ')})` : text
}

const formatOne = (
  verb: string,
  value: unknown,
  flags: string,
  precision: number | undefined,
): string | undefined => {
  switch (verb) {
    case 'v':
      return goText(value)
    case 's':
      return goText(value).slice(0, precision)
    case 't':
      return String(value)
    case 'd':
      return typeof value === 'number' && flags.includes('+') && value >= 0 ? `+${value}` : goText(value)
    case 'q':
      return printableJson(goText(value))
    case 'x':
    case 'X': {
      const hex = typeof value === 'number' ? value.toString(16) : Buffer.from(goText(value)).toString('hex')
      return verb === 'X' ? hex.toUpperCase() : hex
    }
    case 'o':
      return Number(value).toString(8)
    case 'b':
      return Number(value).toString(2)
    case 'c':
      return String.fromCodePoint(Number(value))
    case 'f':
    case 'g':
      return verb === 'f' ? Number(value).toFixed(precision ?? 6) : String(value)
    default:
      return undefined
  }
}

const padded = (text: string, width: number, flags: string, verb: string): string => {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0') || !'dxXobfg'.includes(verb)) return text.padStart(width)
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
