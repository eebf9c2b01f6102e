import { exitCode } from '../../foundation/errors/index.ts'
import { durationOf } from '../value-forms.ts'
import { usage } from './parse-verb.ts'

const perMillisecond = 1_000_000n

/**
 * A time as docker's options take it -> nanoseconds since the epoch: a duration before `now` (`1h30m`, `-10s`), seconds since the
 * epoch with a fraction, or a date with as much of a time and of a zone as there is. Throws `usage`. `now` is in milliseconds.
 */
export const parseTime = (flag: string, text: string, now: number): bigint => {
  const [, sign, span = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  const before = text === '0' ? undefined : durationOf(span)
  const at =
    before === undefined
      ? (dateOf(text) ?? secondsOf(text))
      : toNanoseconds(now) - BigInt(before) * (sign === '-' ? -1n : 1n)
  if (at !== undefined) return at
  throw usage(
    'logs',
    `${flag} ${JSON.stringify(text)}: expected a time such as 10m or 2026-01-31T12:00:00Z`,
    undefined,
    exitCode.failed,
  )
}

/** The same in milliseconds. */
export const parseMilliseconds = (flag: string, text: string, now: number): number =>
  Number(parseTime(flag, text, now) / perMillisecond)

const toNanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds)) * perMillisecond

/** Digits of a fraction of a second, of which only nine count. */
const fractionOf = (digits: string): bigint => BigInt(digits.slice(0, 9).padEnd(9, '0'))

const secondsOf = (text: string): bigint | undefined => {
  const [, seconds, fraction = ''] = /^\+?(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  return seconds === undefined ? undefined : BigInt(seconds) * 1_000_000_000n + fractionOf(fraction)
}

const date =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?(?:(Z)|([+-])(\d\d):(\d\d))?$/

/** Without a zone it is a time of this machine. Undefined also for a day or an hour that there is not. */
const dateOf = (text: string): bigint | undefined => {
  const match = date.exec(text)
  if (!match) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  utc.setUTCFullYear(year)
  const same = utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day
  if (!same || utc.getUTCHours() !== hour || utc.getUTCMinutes() !== minute) return undefined
  const [fraction = '', zulu, sign, hours, minutes] = match.slice(7)
  if (zulu === undefined && sign === undefined) {
    const local = new Date(year, month - 1, day, hour, minute, second)
    return toNanoseconds(local.getTime()) + fractionOf(fraction)
  }
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1)
  return toNanoseconds(utc.getTime() - offset * 60_000) + fractionOf(fraction)
}
