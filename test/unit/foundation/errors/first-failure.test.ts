import { describe, expect, it } from 'vitest'
import { AppError, firstFailure } from '../../../../src/foundation/errors/index.ts'

const held = (name: string, fails = true): Disposable => ({
  [Symbol.dispose]() {
    if (fails) throw new Error(`cannot release ${name}`)
  },
})

const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('firstFailure', () => {
  const first = new AppError('store-full', 'no space left')

  it('is what failed while things were held, however many of them cannot be released then', () => {
    const one = thrownBy(() => {
      using _lock = held('lock')
      throw first
    })
    expect(one).not.toBe(first)
    expect(firstFailure(one)).toBe(first)
    const three = thrownBy(() => {
      using _lease = held('lease')
      using _fine = held('fine', false)
      using _lock = held('lock')
      using _ingest = held('ingest')
      throw first
    })
    expect(firstFailure(three)).toBe(first)
  })

  it('is the disposal when nothing failed before', () => {
    const error = thrownBy(() => {
      using _lease = held('lease')
      using _lock = held('lock')
    })
    expect(firstFailure(error)).toMatchObject({ message: 'cannot release lock' })
  })

  it('is any other error itself', () => {
    for (const error of [first, new Error('x', { cause: first }), 'text', undefined])
      expect(firstFailure(error)).toBe(error)
  })
})
