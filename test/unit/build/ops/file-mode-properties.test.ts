import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseModeChange } from '../../../../src/build/ops/file-mode.ts'

interface Change {
  readonly who: string
  readonly operator: string
  readonly permissions: string
}

/**
 * chmod(1) written down bit by bit, with docker's peculiarities: without "who" it is everybody, whatever the umask; `=` keeps the
 * sticky bit, and set-id bits too where it copies the bits of a class; `t` is nothing to others, and all there is without "who".
 */
const model = (changes: readonly Change[], before: number, directory: boolean): number =>
  changes.reduce((mode, change) => {
    const everybody = change.who === '' || change.who.includes('a')
    const classes = everybody ? [...'ugo'] : [...change.who]
    const after = classes.reduce(
      (now, one) => changeClass(change, one, now, wantedBits(change, mode, directory)),
      mode,
    )
    if (!change.permissions.includes('t')) return after
    if (/^o+$/.test(change.who)) return after
    if (change.who === '') return change.operator === '-' ? mode & ~0o1000 : mode | 0o1000
    return change.operator === '-' ? after & ~0o1000 : after | 0o1000
  }, before)

const wantedBits = ({ permissions }: Change, mode: number, directory: boolean): ReadonlySet<string> => {
  const has = (one: string, bit: string) => (mode & bitOf(one, bit)) !== 0
  const execute = directory || [...'ugo'].some((one) => has(one, 'x'))
  return new Set(
    [...permissions].flatMap((bit) => {
      if ('ugo'.includes(bit)) return [...'rwx'].filter((copied) => has(bit, copied))
      if (bit === 'X') return execute ? ['x'] : []
      return bit === 't' ? [] : [bit]
    }),
  )
}

const changeClass = (change: Change, one: string, mode: number, wanted: ReadonlySet<string>): number => {
  const isCopy = /^[ugo]$/.test(change.permissions)
  return [...'rwxs'].reduce((now, bit) => {
    const set = wanted.has(bit)
    if (change.operator === '+') return set ? now | bitOf(one, bit) : now
    if (change.operator === '-') return set ? now & ~bitOf(one, bit) : now
    if (bit === 's' && isCopy) return now
    return set ? now | bitOf(one, bit) : now & ~bitOf(one, bit)
  }, mode)
}

const bitOf = (one: string, bit: string): number => {
  if (bit === 's') return { u: 0o4000, g: 0o2000 }[one] ?? 0
  return ({ r: 4, w: 2, x: 1 }[bit] ?? 0) << ({ u: 6, g: 3 }[one] ?? 0)
}

const letters = (from: string) =>
  fc.array(fc.constantFrom(...from), { maxLength: 4 }).map((all) => all.join(''))
const change = fc.record({
  who: letters('ugoa'),
  operator: fc.constantFrom('+', '-', '='),
  permissions: fc.oneof(letters('rwxXst'), fc.constantFrom('u', 'g', 'o')),
})
const mode = fc.integer({ min: 0, max: 0o7777 })
const textOf = ({ who, operator, permissions }: Change) => `${who}${operator}${permissions}`

describe('--chmod', () => {
  it('does what the model does', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        mode,
        fc.boolean(),
        (all, before, directory) => {
          const text = all.map(textOf).join(',')
          expect(parseModeChange(text).apply(before, directory).toString(8)).toBe(
            model(all, before, directory).toString(8),
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('octal is the same as spelling out every bit', () => {
    fc.assert(
      fc.property(mode, mode, fc.boolean(), (wanted, before, directory) => {
        const spelled = [...'ugo'].map((one) => {
          const bits = [...'rwxs'].filter((bit) => (wanted & bitOf(one, bit)) !== 0)
          return `${one}=${bits.join('')}`
        })
        const sticky = (wanted & 0o1000) !== 0 ? 'a+t' : 'u-t'
        const symbolic = parseModeChange([...spelled, sticky].join(','))
        const octal = parseModeChange(`0${wanted.toString(8)}`)
        expect(symbolic.apply(before, directory)).toBe(wanted)
        expect(octal.apply(before, directory)).toBe(wanted)
      }),
    )
  })

  it('done twice is done once, where it does not look at what is there', () => {
    const plain = change.filter(({ permissions }) => /^[rwxst]*$/.test(permissions))
    fc.assert(
      fc.property(plain, mode, fc.boolean(), (one, before, directory) => {
        const { apply } = parseModeChange(textOf(one))
        const once = apply(before, directory)
        expect(apply(once, directory)).toBe(once)
      }),
    )
  })

  it('never leaves the permission bits, and refuses everything else with one error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ugoa+-=rwxXst01789, ') }), mode, (text, before) => {
        try {
          const after = parseModeChange(text).apply(before, false)
          expect(after & ~0o7777).toBe(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-chmod' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})
