import type { Diagnostic, Range } from '../../foundation/errors/index.ts'
import { trimEnd } from './character.ts'
import { readCheckOptions } from './check-options.ts'
import type { CheckOptions, Directive, EscapeCharacter } from './types.ts'

/** ASCII white space only, as in Go's `\s`. */
const hashGrammar = /^#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+)$/
const slashGrammar = /^\/\/[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+)$/
const known: readonly string[] = ['syntax', 'escape', 'check']

export interface Directives {
  readonly list: readonly Directive[]
  readonly escapeCharacter: EscapeCharacter
  readonly check?: CheckOptions
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Parser directives: `# name=value` on the first lines. Anything else, also an unknown name or an empty line, ends them. As in
 * docker `escape` may be indented and stands on the very first lines; `syntax` and `check` start at the left and may follow
 * an interpreter line (`#!`). A `check` that cannot be read is left to the checks.
 */
export const readDirectives = (lines: readonly string[], file: string): Directives => {
  const indented = readBlock(lines, 0, true)
  const afterInterpreter = readBlock(lines, lines[0]?.startsWith('#!') ? 1 : 0, false)
  const list = [
    ...indented.list.filter(({ name }) => name === 'escape'),
    ...afterInterpreter.list.filter(({ name }) => name !== 'escape'),
  ].sort((a, b) => a.range.start.line - b.range.start.line)
  const report = (code: string, message: string, range: Range, hint?: string): Diagnostic => ({
    severity: 'error',
    code,
    message,
    file,
    range,
    ...(hint === undefined ? {} : { hint }),
  })
  const diagnostics = indented.repeated.map(({ name, range }) =>
    report('duplicate-directive', `expected one "${name}" directive, found another`, range),
  )
  const written = list.find(({ name }) => name === 'escape')
  if (written && !isEscape(written.value))
    diagnostics.push(
      report(
        'bad-escape-directive',
        `expected \\ or \` as escape character, found ${JSON.stringify(written.value)}`,
        written.range,
      ),
    )
  const check = list.find(({ name }) => name === 'check')
  const options = check && readCheckOptions(check.value)
  return {
    list,
    escapeCharacter: written && isEscape(written.value) ? written.value : '\\',
    ...(options ? { check: options } : {}),
    diagnostics,
  }
}

const isEscape = (text: string): text is EscapeCharacter => text === '\\' || text === '`'

const readBlock = (
  lines: readonly string[],
  from: number,
  mayIndent: boolean,
): { readonly list: readonly Directive[]; readonly repeated: readonly Directive[] } => {
  const list: Directive[] = []
  const repeated: Directive[] = []
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const found = matchDirective(hashGrammar, mayIndent ? line.trimStart() : line)
    if (!found) break
    const directive = { ...found, range: lineRange(at, line) }
    if (list.some(({ name }) => name === directive.name)) repeated.push(directive)
    else list.push(directive)
  }
  return { list, repeated }
}

const matchDirective = (
  grammar: RegExp,
  line: string,
): { readonly name: string; readonly value: string } | undefined => {
  const match = grammar.exec(line)
  const name = match?.[1]?.toLowerCase()
  const written = match?.[2]
  if (name === undefined || written === undefined || !known.includes(name)) return undefined
  // Of a value that is nothing but white space docker keeps the last character.
  return { name, value: trimEnd(written) || written.slice(-1) }
}

const lineRange = (index: number, line: string): Range => ({
  start: { line: index + 1, column: line.length - line.trimStart().length },
  end: { line: index + 1, column: line.trimEnd().length },
})

/**
 * The frontend that another kind of file asks for: `// syntax=IMAGE` on the first lines, or JSON with a `syntax`. Such files
 * are no Dockerfiles.
 */
export const foreignSyntax = (text: string, lines: readonly string[]): string | undefined => {
  for (const line of lines) {
    const directive = matchDirective(slashGrammar, line)
    if (!directive) break
    if (directive.name === 'syntax') return directive.value.split(' ', 1)[0]
  }
  if (!/^\s*\{/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('syntax' in value)) return undefined
    return typeof value.syntax === 'string' ? value.syntax : undefined
  } catch {
    return undefined
  }
}
