import { constants } from 'node:os'
import { usage } from './flags.ts'

const numbers: Readonly<Record<string, number>> = constants.signals
/** What programs may use of the real-time signals (signal(7)): 32 and 33 belong to threads. */
const realTime = { MIN: 34, MAX: 64 } as const

/** `TERM`, `SIGTERM`, `sigterm`, `15` or `RTMIN+3`. Throws `usage`. */
export const parseSignal = (text: string): number => {
  const name = text.toUpperCase().replace(/^SIG/, '')
  const counted = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name)
  const edge = counted?.[1] === 'MAX' ? realTime.MAX : realTime.MIN
  const offset = Number(counted?.[3] ?? 0) * (counted?.[2] === '-' ? -1 : 1)
  const number = /^\d+$/.test(text) ? Number(text) : counted ? edge + offset : numbers[`SIG${name}`]
  if (number === undefined || number > realTime.MAX || (counted && number < realTime.MIN))
    throw usage(`unknown signal ${JSON.stringify(text)}`)
  return number
}
