import { AppError } from '../foundation/errors/index.ts'
import { tsbuildVerbNames } from './verb-names.ts'

/** Verbs of docker that are tsrun's; tsbuild takes such a word for a directory. */
export const tsrunVerbNames: readonly string[] =
  'attach commit container cp create events exec export kill logs network pause port ps rename restart rm run start stats stop top unpause update volume wait'.split(
    ' ',
  )

const wrongWord: ReadonlySet<string> = new Set(['no-context', 'image-not-found', 'no-such-image', 'usage'])

/**
 * Docker has one program for images and containers. Who gives one of ours a verb of the other one gets an error about a directory
 * or an image of that name; this is the same error with a hint that says so. Others stay as they are.
 */
export const toldOfOtherProgram = (
  program: 'tsbuild' | 'tsrun',
  word: string | undefined,
  error: unknown,
): unknown => {
  if (!(error instanceof AppError) || !wrongWord.has(error.code) || word === undefined) return error
  const other = program === 'tsrun' ? 'tsbuild' : 'tsrun'
  const verbs: readonly string[] = program === 'tsrun' ? tsbuildVerbNames : tsrunVerbNames
  if (!verbs.includes(word)) return error
  return new AppError(error.code, error.message, {
    exitCode: error.exitCode,
    cause: error,
    details: error.details,
    hint: `${word} is a command of ${other}: ${other} ${word}`,
  })
}
