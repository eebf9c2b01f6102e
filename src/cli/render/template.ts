import { renderTemplate } from './template/evaluate.ts'
import { lexTemplate } from './template/lex.ts'
import { parseTemplate } from './template/parse.ts'

/** Renders one value through a compiled format. */
export type Template = (value: unknown) => string

/**
 * Go's text/template as docker has it, for JSON values: fields, pipes, variables, if, range, with, definitions, Go's functions and
 * docker's (json, join, split, upper, lower, title, pad, truncate). A field that is a function is called with its words.
 * Throws `bad-template`: here for a wrong template, when it is rendered for fields that do not exist.
 */
export const compileTemplate = (format: string): Template => {
  const parsed = parseTemplate(format, lexTemplate(format))
  return (value) => renderTemplate(format, parsed, value)
}

/** For formats of lists, in which docker takes `\t` and `\n` for tab and line break. */
export const compileListTemplate = (format: string): Template =>
  compileTemplate(format.replaceAll('\\t', '\t').replaceAll('\\n', '\n'))
