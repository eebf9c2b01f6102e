import { describe, expect, it } from 'vitest'
import { toldOfOtherProgram, tsrunVerbNames } from '../../../src/cli/other-program.ts'
import { tsrunVerbs } from '../../../src/cli/run/verbs.ts'
import { AppError } from '../../../src/foundation/errors/index.ts'

const notThere = new AppError('image-not-found', 'use image images: it is not in the store', {
  exitCode: 125,
})
const noContext = new AppError('no-context', 'use ps as the build context: there is no such directory')

describe('a verb of the other program', () => {
  it('is told as such, with the same message and exit code', () => {
    expect(toldOfOtherProgram('tsrun', 'images', notThere)).toMatchObject({
      message: notThere.message,
      exitCode: 125,
      hint: 'images is a command of tsbuild: tsbuild images',
    })
    expect(toldOfOtherProgram('tsbuild', 'ps', noContext)).toMatchObject({
      hint: 'ps is a command of tsrun: tsrun ps',
    })
  })

  it('are no other words, and no other errors', () => {
    for (const [program, word, error] of [
      ['tsrun', 'nginx', notThere],
      ['tsbuild', 'app', noContext],
      ['tsbuild', undefined, noContext],
      ['tsrun', 'images', new AppError('start-failed', 'x')],
      ['tsrun', 'images', new Error('x')],
    ] as const)
      expect(toldOfOtherProgram(program, word, error)).toBe(error)
  })

  it('is one that tsrun has', () => {
    for (const name of tsrunVerbNames) expect(Object.keys(tsrunVerbs), name).toContain(name)
  })
})
