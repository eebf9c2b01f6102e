import { expect, test } from 'vitest'
import { failureCode } from '../../../../src/cli/run/failure-code.ts'
import { AppError, InternalError } from '../../../../src/foundation/errors/index.ts'

const engine = new AppError('name-in-use', 'x', { exitCode: 125 })
const option = new AppError('usage', 'x', { exitCode: 125 })
const missing = new AppError('not-found', 'x', { exitCode: 127 })

test.each([
  ['run', engine, 125],
  ['create', engine, 1],
  ['rename', engine, 1],
  ['logs', option, 125],
  ['run', missing, 127],
  ['exec', missing, 127],
  ['start', missing, 1],
  ['ps', new AppError('bad-filter', 'x', { exitCode: 2 }), 1],
  ['ps', new AppError('bad-template', 'x', { exitCode: 64 }), 64],
])('%s', (verb, error, code) => expect(failureCode(verb, error, error.exitCode)).toBe(code))

test('a bug keeps its code', () => {
  expect(failureCode('ps', new InternalError('x'), 70)).toBe(70)
  expect(failureCode('ps', new Error('x'), 70)).toBe(70)
})
