import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSecretMask } from '../../../../src/build/ops/mask-secrets.ts'

const masked = (secrets: readonly string[], chunks: readonly string[]): string => {
  const mask = createSecretMask(secrets.map((secret) => Buffer.from(secret)))
  const shown = chunks.map((chunk) => mask.push('stdout', Buffer.from(chunk)))
  return Buffer.concat([...shown, mask.finish('stdout')]).toString()
}

describe('secrets in output', () => {
  it('are not shown, with or without their last line break, wherever chunks break', () => {
    const whole = 'a correct-horse b correct-horse\nc correct-hors d'
    for (let cut = 0; cut <= whole.length; cut++)
      expect(masked(['correct-horse\n'], [whole.slice(0, cut), whole.slice(cut)])).toBe(
        'a *** b ***\nc correct-hors d',
      )
    expect(masked(['correct-horse'], [...whole])).toBe('a *** b ***\nc correct-hors d')
  })

  it('of which one begins another are both covered', () => {
    expect(masked(['password', 'password-longer'], ['password-lon', 'ger password'])).toBe('*** ***')
    expect(masked(['password', 'password-longer'], ['password-lon', 'e'])).toBe('***-lone')
  })

  it('that are short or absent change nothing', () => {
    expect(masked(['food'], ['good food'])).toBe('good food')
    expect(masked([], ['text'])).toBe('text')
  })

  it('streams do not mix', () => {
    const mask = createSecretMask([Buffer.from('12345678')])
    expect(Buffer.from(mask.push('stdout', Buffer.from('1234'))).toString()).toBe('')
    expect(Buffer.from(mask.push('stderr', Buffer.from('5678'))).toString()).toBe('5678')
    expect(Buffer.from(mask.finish('stdout')).toString()).toBe('1234')
  })

  it('nothing else is lost and no secret is left', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 10 })
    fc.assert(
      fc.property(
        letters,
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 })),
        (secret, chunks) => {
          const shown = masked([secret], chunks)
          expect(shown).not.toContain(secret)
          expect(shown.replaceAll('***', secret)).toBe(chunks.join(''))
        },
      ),
    )
  })
})
