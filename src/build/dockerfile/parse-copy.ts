import { checkFlags } from './check-flags.ts'
import { parseHeredocMark } from './heredoc.ts'
import { parseJsonForm } from './json-form.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'
import type { CopyInstruction, Heredoc } from './types.ts'
import { splitPlain } from './words.ts'

/** COPY and ADD: `[flags] SOURCE... DESTINATION`, plain or as a JSON list. */
export const parseCopy =
  (kind: 'copy' | 'add') =>
  (line: SourceLine, report: Report): CopyInstruction | undefined => {
    const flags = checkFlags(line, report)
    const list = parseJsonForm(line.rest)
    if (list === 'bad')
      return report({
        code: 'json-not-strings',
        message: `expected only strings in the JSON form of ${line.keyword}, found ${line.rest}`,
        hint: 'put every path in double quotes',
      })
    const words = list === 'not-json' ? splitPlain(line.rest) : list
    const destination = words.at(-1)
    if (destination === undefined || words.length < 2)
      return report({
        code: 'missing-destination',
        message: `expected ${line.keyword} SOURCE... DESTINATION, found ${words.length === 0 ? 'no path' : `only ${JSON.stringify(destination)}`}`,
        hint: 'the last path is where the files go, for example "."',
      })
    if (parseHeredocMark(destination))
      return report({
        code: 'heredoc-as-destination',
        message: `expected a path as destination, found the here-document ${destination}`,
        part: { argument: words.length - 1 },
      })
    const optional = {
      from: flags.text('from'),
      chown: flags.text('chown'),
      chmod: flags.text('chmod'),
      checksum: flags.text('checksum'),
    }
    const unpack = flags.switch('unpack')
    return {
      kind,
      range: line.range,
      text: line.text,
      sources: words.slice(0, -1).map((word) => heredocOf(word, line.heredocs) ?? word),
      destination,
      link: flags.switch('link') ?? false,
      parents: flags.switch('parents') ?? false,
      exclude: flags.list('exclude'),
      keepGitDir: flags.switch('keep-git-dir') ?? false,
      ...(unpack === undefined ? {} : { unpack }),
      ...defined(optional),
    }
  }

const heredocOf = (word: string, heredocs: readonly Heredoc[]): Heredoc | undefined => {
  const mark = parseHeredocMark(word)
  // A name that no body belongs to, as in the JSON form, is an empty file; of equal names the last body counts for all.
  return mark && (heredocs.findLast((heredoc) => heredoc.name === mark.name) ?? { ...mark, text: '' })
}

type Optional = Pick<CopyInstruction, 'from' | 'chown' | 'chmod' | 'checksum'>

const defined = (values: Readonly<Record<keyof Optional, string | undefined>>): Optional =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
