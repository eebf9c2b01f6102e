import type { Diagnostic, TextEdit } from '../../foundation/errors/index.ts'
import type { Source } from './types.ts'

/** Gives the planner's ExposeProtoCasing its fix, where the port is written out in the file. */
export const withExposeFix = (source: Source, diagnostic: Diagnostic): Diagnostic => {
  const port = /^Defined protocol '([^'$\\]+)'/.exec(diagnostic.message)?.[1]
  if (diagnostic.code !== 'ExposeProtoCasing' || port === undefined || !diagnostic.range) return diagnostic
  const slash = port.indexOf('/')
  const text = port.slice(0, slash) + port.slice(slash).toLowerCase()
  const fix: TextEdit[] = []
  for (let line = diagnostic.range.start.line; line <= diagnostic.range.end.line; line++) {
    const written = source.lines[line - 1] ?? ''
    if (written.trimStart().startsWith('#')) continue
    for (const { 0: word, index: column } of written.matchAll(/\S+/g))
      if (word === port)
        fix.push({ range: { start: { line, column }, end: { line, column: column + word.length } }, text })
  }
  return fix.length === 0 ? diagnostic : { ...diagnostic, fix }
}
