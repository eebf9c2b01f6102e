import type { TextEdit } from '../../foundation/errors/index.ts'
import type { EnvInstruction, LabelInstruction } from '../dockerfile/index.ts'
import { editOnLine } from './text-edits.ts'
import type { Source } from './types.ts'

/**
 * `NAME rest of the line` as `NAME="rest of the line"`. Quotes keep the words together and change nothing about variables. Text with
 * quotes or escapes of its own is left to a person, unless it is one word, which is read the same way in both forms.
 */
export const legacyPairFix = (
  source: Source,
  { range, pairs }: EnvInstruction | LabelInstruction,
): readonly TextEdit[] => {
  const [pair] = pairs
  const { start, end } = range
  if (!pair || start.line !== end.line) return []
  const line = (source.lines[start.line - 1] ?? '').trimEnd()
  const found = line.slice(start.column).replace(/^\S+\s+/, '')
  const value = asOneWord(pair.value, source.dockerfile.escape)
  if (value === undefined || !found.startsWith(pair.name) || !found.endsWith(pair.value)) return []
  const edit = editOnLine(source, start.line, line.length - found.length, found, `${pair.name}=${value}`)
  return edit ? [edit] : []
}

const asOneWord = (value: string, escapeCharacter: string): string | undefined => {
  if (!/\s/.test(value)) return value
  return /["']/.test(value) || value.includes(escapeCharacter) || value.includes('\\')
    ? undefined
    : `"${value}"`
}
