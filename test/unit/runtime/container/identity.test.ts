import { constants } from 'node:os'
import { expect, test } from 'vitest'
import {
  isContainerId,
  isContainerName,
  newContainerId,
  shortId,
} from '../../../../src/runtime/container/container-id.ts'
import { parseLogLine } from '../../../../src/runtime/container/log-lines.ts'
import { randomName } from '../../../../src/runtime/container/random-name.ts'
import { parseSignal } from '../../../../src/runtime/container/signals.ts'

test('ids are 64 hex digits whose short form is no number', () => {
  for (let i = 0; i < 50; i++) {
    const id = newContainerId()
    expect(isContainerId(id)).toBe(true)
    expect(shortId(id)).toMatch(/^(?!\d{12})[0-9a-f]{12}$/)
  }
})

test.each(['../../etc', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`, ''])('%j is no id', (text) => {
  expect(isContainerId(text)).toBe(false)
})

test.each(['web', 'my_web-1.2', '0abc'])('%s is a name', (text) => expect(isContainerName(text)).toBe(true))
test.each(['', 'a', '-web', '.hidden', 'a/b', '../x', 'a b', 'ä1', 'x'.repeat(129)])(
  '%j is no name',
  (text) => {
    expect(isContainerName(text)).toBe(false)
  },
)

test('random names are names, also after many attempts', () => {
  for (const attempt of [0, 1, 3, 50]) expect(isContainerName(randomName(attempt))).toBe(true)
})

test.each([
  ['TERM', constants.signals.SIGTERM],
  ['sigquit', constants.signals.SIGQUIT],
  ['9', 9],
  ['SIGRTMIN+3', 37],
  ['RTMAX-1', 63],
  ['RTMIN', 34],
])('signal %s is %d', (text, number) => expect(parseSignal(text)).toBe(number))

test.each(['0', '65', 'NOPE', '', '-1', 'RTMIN-1', '9 '])('%j is no signal', (text) => {
  expect(() => parseSignal(text)).toThrow(expect.objectContaining({ code: 'bad-signal' }))
})

test('a mistyped signal gets a suggestion', () => {
  expect(() => parseSignal('SIGTREM')).toThrow(expect.objectContaining({ hint: 'did you mean TERM?' }))
})

test('log lines are parsed, torn ones dropped', () => {
  expect(parseLogLine('{"log":"a\\n","stream":"stderr","time":"2026-01-01T00:00:00.000000001Z"}')).toEqual({
    text: 'a\n',
    stream: 'stderr',
    time: '2026-01-01T00:00:00.000000001Z',
  })
  expect(parseLogLine('{"log":"a')).toBeUndefined()
  expect(parseLogLine('null')).toBeUndefined()
  expect(parseLogLine('{"log":1,"time":"x"}')).toBeUndefined()
})
