import type { Diagnostic, Range } from '../../foundation/errors/index.ts'
import type { Directive, EscapeCharacter } from './types.ts'

const grammar = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/
const known: readonly string[] = ['syntax', 'escape', 'check']

export interface Directives {
  readonly list: readonly Directive[]
  readonly escapeCharacter: EscapeCharacter
  /** Index of the first line after them. */
  readonly nextLine: number
  readonly diagnostics: readonly Diagnostic[]
}

/** Parser directives: `# name=value` on the first lines. Anything else, also an unknown name, ends them. */
export const readDirectives = (lines: readonly string[], file: string): Directives => {
  const list: Directive[] = []
  const diagnostics: Diagnostic[] = []
  let escapeCharacter: EscapeCharacter = '\\'
  let at = 0
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const match = grammar.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (!match || name === undefined || !known.includes(name)) break
    const value = match[2] ?? ''
    const range = lineRange(at, line)
    if (list.some((each) => each.name === name))
      diagnostics.push(
        problem(file, range, 'duplicate-directive', `expected one "${name}" directive, found another`),
      )
    if (name === 'escape') {
      if (value === '\\' || value === '`') escapeCharacter = value
      else
        diagnostics.push(
          problem(
            file,
            range,
            'bad-escape-directive',
            `expected \\ or \` as escape character, found ${JSON.stringify(value)}`,
          ),
        )
    }
    list.push({ name, value, range })
  }
  return { list, escapeCharacter, nextLine: at, diagnostics }
}

const lineRange = (index: number, line: string): Range => ({
  start: { line: index + 1, column: 0 },
  end: { line: index + 1, column: line.trimEnd().length },
})

const problem = (file: string, range: Range, code: string, message: string): Diagnostic => ({
  severity: 'error',
  code,
  message,
  file,
  range,
})
