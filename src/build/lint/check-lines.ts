import type { Instruction } from '../dockerfile/index.ts'
import { removeLines } from './text-edits.ts'
import type { Report, Source, SourceInstruction } from './types.ts'

/** NoEmptyContinuation, MaintainerDeprecated, InvalidDefinitionDescription: what BuildKit sees while it parses. */
export const checkLines = (source: Source, report: Report): void => {
  for (const each of source.globalArgs) checkDescription(each, report)
  for (const { from, instructions } of source.stages)
    for (const each of [from, ...instructions]) {
      checkContinuation(source, each, report)
      checkMaintainer(each, report)
      checkDescription(each, report)
    }
}

const checkContinuation = (source: Source, each: SourceInstruction, report: Report): void => {
  const { blankLines, lastOwnLine, instruction } = each
  if (blankLines.length === 0) return
  const text = source.lines[lastOwnLine - 1] ?? ''
  report('NoEmptyContinuation', instruction, 'Empty continuation line', {
    range: {
      start: { line: lastOwnLine, column: text.length - text.trimStart().length },
      end: { line: lastOwnLine, column: text.trimEnd().length },
    },
    fix: removeLines(blankLines),
  })
}

const checkMaintainer = ({ instruction, keyword }: SourceInstruction, report: Report): void => {
  if (instruction.kind !== 'maintainer') return
  const { start, end } = instruction.range
  const value = quoted(instruction.word)
  const label = keyword === keyword.toLowerCase() ? 'label' : 'LABEL'
  const fixable = start.line === end.line && value !== undefined
  report(
    'MaintainerDeprecated',
    instruction,
    'Maintainer instruction is deprecated in favor of using label',
    {
      fix: fixable
        ? [{ range: instruction.range, text: `${label} org.opencontainers.image.authors=${value}` }]
        : [],
    },
  )
}

/** As one word that means just these characters, whatever the escape character; undefined when it takes more than quotes. */
const quoted = (text: string): string | undefined => {
  if (!/["'\\`$]/.test(text)) return `"${text}"`
  return /['\\`]/.test(text) ? undefined : `'${text}'`
}

const checkDescription = ({ instruction, comments }: SourceInstruction, report: Report): void => {
  const names = definedNames(instruction)
  const last = comments.findLast((comment) => !/^check\s*=/i.test(comment))
  if (last === undefined || names.length === 0 || names.includes(last.split(' ')[0] ?? '')) return
  const example = names.length === 1 ? names[0] : '<arg_key>'
  report(
    'InvalidDefinitionDescription',
    instruction,
    `Comment for ${instruction.kind.toUpperCase()} should follow the format: \`# ${example} <description>\``,
  )
}

const definedNames = (instruction: Instruction): readonly string[] => {
  if (instruction.kind === 'arg') return instruction.args.map((arg) => arg.name)
  return instruction.kind === 'from' && instruction.stage !== undefined ? [instruction.stage] : []
}
