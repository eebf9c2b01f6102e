import { describe, expect, it } from 'vitest'
import { humanDuration, humanSince, humanSize, plainTime, shortId } from '../../../../src/cli/render/human.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe('humanSize', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [77_812_345, '77.8MB'],
    [999_950, '1MB'],
    [1_234_567_890, '1.23GB'],
  ])('%d is %s', (bytes, text) => expect(humanSize(bytes)).toBe(text))
})

describe('humanDuration', () => {
  it.each([
    [-5, 'Less than a second'],
    [1500, '1 second'],
    [59_000, '59 seconds'],
    [90_000, 'About a minute'],
    [59 * minute, '59 minutes'],
    [80 * minute, 'About an hour'],
    [47 * hour, '47 hours'],
    [13 * day, '13 days'],
    [15 * day, '2 weeks'],
    [70 * day, '2 months'],
    [800 * day, '2 years'],
  ])('%d ms is %s', (ms, text) => expect(humanDuration(ms)).toBe(text))
})

describe('times and ids', () => {
  it('says when an image has no time', () => {
    expect(humanSince(undefined, 0)).toBe('N/A')
    expect(humanSince('rubbish', 0)).toBe('N/A')
    expect(plainTime(undefined)).toBe('N/A')
  })
  it('counts from now', () => {
    expect(humanSince('1970-01-01T00:00:00Z', 3 * hour)).toBe('3 hours ago')
    expect(plainTime('2026-11-22T01:02:03.456Z')).toBe('2026-11-22 01:02:03 +0000 UTC')
  })
  it('shortens ids', () => expect(shortId(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab'))
})
