import type { CreateOptions } from '../../engine/index.ts'
import { usage } from './parse-verb.ts'

type Offsets = NonNullable<CreateOptions['timeOffsets']>

/** --time-offset `CLOCK=SECONDS[.FRACTION]`, with commas between or several times. Throws `usage`. */
export const timeOffsets = (texts: readonly string[]): Offsets => {
  const offsets: { -readonly [K in keyof Offsets]: Offsets[K] } = {}
  for (const text of texts.flatMap((word) => word.split(','))) {
    const [, clock, sign = '', whole = '', fraction = ''] =
      /^(monotonic|boottime)=([+-]?)(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text) ?? []
    if (clock !== 'monotonic' && clock !== 'boottime')
      throw usage(
        'run',
        `--time-offset ${JSON.stringify(text)}: expected monotonic=SECONDS or boottime=SECONDS`,
      )
    offsets[clock] = split(sign === '-', Number(whole), Number(fraction.padEnd(9, '0')))
  }
  return offsets
}

/** The kernel adds nanoseconds, so those of a time before are counted from the second below. */
const split = (negative: boolean, secs: number, nanosecs: number): NonNullable<Offsets['boottime']> => {
  if (!negative) return { secs, nanosecs }
  return nanosecs === 0 ? { secs: 0 - secs, nanosecs } : { secs: -secs - 1, nanosecs: 1e9 - nanosecs }
}
