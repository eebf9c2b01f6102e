import { suggest } from '../../foundation/errors/index.ts'
import { parseCopy } from './parse-copy.ts'
import { parseFrom } from './parse-from.ts'
import { parseHealthcheck } from './parse-healthcheck.ts'
import { parseOnbuild } from './parse-onbuild.ts'
import { parseArg, parsePairs } from './parse-pairs.ts'
import { parseCommand, parseRun, parseShell } from './parse-run.ts'
import { parseExpose, parseVolume, parseWord } from './parse-simple.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'
import type { Instruction } from './types.ts'

type Parser = (line: SourceLine, report: Report) => Instruction | undefined

const parsers: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ['ADD', parseCopy('add')],
  ['ARG', parseArg],
  ['CMD', parseCommand('cmd')],
  ['COPY', parseCopy('copy')],
  ['ENTRYPOINT', parseCommand('entrypoint')],
  ['ENV', parsePairs('env')],
  ['EXPOSE', parseExpose],
  ['FROM', parseFrom],
  ['HEALTHCHECK', parseHealthcheck],
  ['LABEL', parsePairs('label')],
  ['MAINTAINER', parseWord('maintainer')],
  ['ONBUILD', parseOnbuild((line, report) => parseInstruction(line, report))],
  ['RUN', parseRun],
  ['SHELL', parseShell],
  ['STOPSIGNAL', parseWord('stopsignal')],
  ['USER', parseWord('user')],
  ['VOLUME', parseVolume],
  ['WORKDIR', parseWord('workdir')],
])

/** One instruction, or undefined when something was reported that leaves nothing to plan. */
export const parseInstruction: Parser = (line, report) => {
  if (line.unterminated !== undefined)
    return report({
      code: 'unterminated-heredoc',
      message: `expected a line with only ${line.unterminated} that ends the here-document, found the end of the file`,
      hint: 'nothing may stand before or after the end mark; with <<- it may have leading tabs',
    })
  const parser = parsers.get(line.keyword)
  if (parser) return parser(line, report)
  const near = suggest(line.keyword, parsers.keys())
  return report({
    code: 'unknown-instruction',
    message: `expected an instruction, found ${JSON.stringify(line.writtenKeyword.slice(0, 100))}`,
    hint: near
      ? `did you mean ${near}?`
      : 'end the line before with the escape character if this line belongs to it',
    part: 'keyword',
  })
}
