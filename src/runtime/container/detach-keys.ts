import { AppError, exitCode } from '../../foundation/errors/index.ts'

const most = 16
/** What may follow `ctrl-`; its code is that of the letter without the upper bits. */
const control = /^ctrl-([a-z@[\\\]^_])$/

/** `ctrl-p,ctrl-q` or `a,b` as hexadecimal digits, two for a key, for the helper. Throws `usage`. */
export const detachKeysOf = (text = 'ctrl-p,ctrl-q'): string => {
  const words = (text === '' ? 'ctrl-p,ctrl-q' : text).split(',')
  const codes = words.map((word) => {
    const letter = control.exec(word.toLowerCase())?.[1]
    if (letter !== undefined) return letter.toUpperCase().charCodeAt(0) & 0x1f
    return /^[\x20-\x7e]$/.test(word) ? word.charCodeAt(0) : undefined
  })
  if (codes.length > most || codes.includes(undefined)) {
    throw new AppError(
      'usage',
      `--detach-keys ${JSON.stringify(text)}: expected keys such as ctrl-p,ctrl-q`,
      {
        exitCode: exitCode.engine,
        hint: 'a key is a letter or a digit, or ctrl- and one of a-z @ [ \\ ] ^ _; they are separated by commas',
      },
    )
  }
  return codes.map((code) => (code ?? 0).toString(16).padStart(2, '0')).join('')
}
