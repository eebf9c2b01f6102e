import { constants } from 'node:os'
import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'

/** Asked for when there is a name: node:os is loaded for it. */
const numbers = (): Readonly<Record<string, number>> => constants.signals
/** What libc's programs may use of the real-time signals (signal(7)): 32 and 33 belong to threads. */
const rtMin = 34
const rtMax = 64

/** `TERM`, `SIGTERM`, `sigterm`, `15` or `RTMIN+3` as a number. Throws `bad-signal`. */
export const parseSignal = (text: string): number => {
  if (/^\d+$/.test(text)) {
    const number = Number(text)
    if (number >= 1 && number <= rtMax) return number
    throw bad(text)
  }
  const name = text.toUpperCase().replace(/^SIG/, '')
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name)
  if (realTime) {
    const offset = Number(realTime[3] ?? 0) * (realTime[2] === '-' ? -1 : 1)
    const number = (realTime[1] === 'MIN' ? rtMin : rtMax) + offset
    if (number >= rtMin && number <= rtMax) return number
    throw bad(text)
  }
  const number = numbers()[`SIG${name}`]
  if (number === undefined) throw bad(text)
  return number
}

const bad = (text: string): AppError => {
  const near = suggest(
    text.toUpperCase().replace(/^SIG/, ''),
    Object.keys(numbers()).map((name) => name.slice(3)),
  )
  return new AppError(
    'bad-signal',
    `parse signal ${JSON.stringify(text)}: not a name or number of a signal`,
    {
      exitCode: exitCode.usage,
      ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    },
  )
}
