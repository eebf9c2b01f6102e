import { expect, test } from 'vitest'
import { parseMilliseconds, parseTime } from '../../../../src/cli/run/parse-time.ts'

const now = Date.UTC(2026, 0, 31, 12)
const at = (text: string): bigint => parseTime('--since', text, now)
const utc = (...parts: Parameters<typeof Date.UTC>): bigint => BigInt(Date.UTC(...parts)) * 1_000_000n

test('durations are counted back from now', () => {
  expect(at('90s')).toBe(utc(2026, 0, 31, 11, 58, 30))
  expect(at('1h30m')).toBe(utc(2026, 0, 31, 10, 30))
  expect(at('+1.5h')).toBe(utc(2026, 0, 31, 10, 30))
  expect(at('-1h')).toBe(utc(2026, 0, 31, 13))
  expect(at('250ms')).toBe(utc(2026, 0, 31, 12) - 250_000_000n)
})

test('seconds since the epoch, to the nanosecond', () => {
  expect(at('0')).toBe(0n)
  expect(at('1700000000')).toBe(1_700_000_000_000_000_000n)
  expect(at('1700000000.5')).toBe(1_700_000_000_500_000_000n)
  expect(at('1700000000.123456789')).toBe(1_700_000_000_123_456_789n)
  expect(at('1700000000.1234567891')).toBe(1_700_000_000_123_456_789n)
})

test('dates with zones', () => {
  expect(at('2026-01-01T00:00:00Z')).toBe(utc(2026, 0, 1))
  expect(at('2026-01-01T00:00:00.000000001Z')).toBe(utc(2026, 0, 1) + 1n)
  expect(at('2026-01-01T10:00:00+02:00')).toBe(utc(2026, 0, 1, 8))
  expect(at('2026-01-01T10:00-02:30')).toBe(utc(2026, 0, 1, 12, 30))
  expect(at('2026-01-01T10Z')).toBe(utc(2026, 0, 1, 10))
  expect(at('2026-01-01Z')).toBe(utc(2026, 0, 1))
  expect(at('0001-01-01T00:00:00Z')).toBe(-62_135_596_800_000_000_000n)
})

test('dates without a zone are of this machine', () => {
  const local = (...parts: readonly [number, number, number, number?, number?, number?]): bigint =>
    BigInt(new Date(...parts).getTime()) * 1_000_000n
  expect(at('2026-01-01')).toBe(local(2026, 0, 1))
  expect(at('2026-01-01T10')).toBe(local(2026, 0, 1, 10))
  expect(at('2026-01-01T10:20')).toBe(local(2026, 0, 1, 10, 20))
  expect(at('2026-01-01T10:20:30.25')).toBe(local(2026, 0, 1, 10, 20, 30) + 250_000_000n)
})

test.each([
  ...['', 'yesterday', '1d', '-5', '1e9', '10:00', '1700000000.x', '2026-1-1', '2026-02-30'],
  ...['2026-01-01T25:00:00Z', '2026-01-01 10:00:00', '2026-01-01Z+02:00', 'Jan 1 2026', '1h30'],
])('%j is no time', (text) => {
  expect(() => at(text)).toThrow(expect.objectContaining({ code: 'usage', exitCode: 1 }))
})

test('milliseconds', () => {
  expect(parseMilliseconds('--filter until', '1700000000.0019', 0)).toBe(1_700_000_000_001)
})
