import type { Range } from '../../foundation/errors/index.ts'
import { foreignSyntax, readDirectives } from './directives.ts'
import { limits } from './limits.ts'
import { parseInstruction } from './parse-instruction.ts'
import { createReport, type Finding, locateFindings, type Report, toldFindings } from './report.ts'
import { readSourceLines, type SourceLine } from './source-line.ts'
import type {
  ArgInstruction,
  FromInstruction,
  Instruction,
  ParsedDockerfile,
  Stage,
  StageInstruction,
} from './types.ts'

/**
 * Reads a Dockerfile. Never throws for what is in the text: everything docker would refuse is in `diagnostics`, all of
 * it in one run. The promise is for loading dockerfile-ast, when there is something to point at.
 */
export const parseDockerfile = async (
  text: string,
  options: { readonly file: string },
): Promise<ParsedDockerfile> => {
  const { file } = options
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split('\n')
  const directives = readDirectives(lines, file)
  const parsed = {
    file,
    escape: directives.escapeCharacter,
    directives: directives.list,
    ...(directives.check ? { check: directives.check } : {}),
  }
  const failed = (code: string, message: string, hint: string, range?: Range): ParsedDockerfile => ({
    ...parsed,
    globalArgs: [],
    stages: [],
    diagnostics: [{ severity: 'error', code, message, file, hint, ...(range ? { range } : {}) }],
  })
  if (text.length > limits.textLength)
    return failed(
      'too-large',
      `expected at most ${limits.textLength} characters, found ${text.length}`,
      'split the file',
    )
  const foreign = foreignSyntax(text, lines)
  if (foreign !== undefined)
    return failed(
      'foreign-syntax',
      `expected a Dockerfile, found a file for the frontend ${foreign}`,
      'frontends that come as images are not run',
    )
  const long = lines.findIndex(isTooLong)
  if (long >= 0)
    return failed(
      'line-too-long',
      `expected lines of at most ${limits.lineBytes} bytes, found a longer one`,
      'break it with the escape character at the end of a line',
      { start: { line: long + 1, column: 0 }, end: { line: long + 1, column: 0 } },
    )
  const source = readSourceLines(lines, directives.escapeCharacter)
  if (source.length > limits.instructions)
    return failed('too-complex', `expected at most ${limits.instructions} instructions`, 'split the file')
  if (source.length === 0)
    return failed(
      'empty-dockerfile',
      `expected at least a FROM instruction, found ${text.trim() === '' ? 'an empty file' : 'only comments'}`,
      'start with FROM and a base image',
    )
  const findings: Finding[] = []
  const assembled = assemble(source, findings)
  if (assembled.stages.length === 0 && findings.length === 0)
    return failed(
      'empty-dockerfile',
      'expected at least a FROM instruction, found only ARG',
      'start with FROM and a base image',
    )
  const located = await locateFindings(file, lines, toldFindings(findings))
  return { ...parsed, ...assembled, diagnostics: [...directives.diagnostics, ...located] }
}

const isTooLong = (line: string): boolean =>
  line.length * 3 > limits.lineBytes && new TextEncoder().encode(line).length > limits.lineBytes

interface OpenStage {
  readonly from: FromInstruction
  readonly instructions: StageInstruction[]
}

const assemble = (
  source: readonly SourceLine[],
  findings: Finding[],
): Pick<ParsedDockerfile, 'globalArgs' | 'stages'> => {
  const globalArgs: ArgInstruction[] = []
  const stages: OpenStage[] = []
  // After a FROM that cannot be read, its instructions are still checked, but are not "before the first FROM".
  let seenFrom = false
  for (const line of source) {
    const report = createReport(line, findings)
    const instruction = parseInstruction(line, report)
    const stage = stages.at(-1)
    if (line.keyword === 'FROM') seenFrom = true
    if (instruction?.kind === 'from') openStage(stages, instruction, report)
    else if (instruction && stage) stage.instructions.push(instruction)
    else if (instruction?.kind === 'arg') globalArgs.push(instruction)
    else if (instruction && !seenFrom) reportNoStage(instruction, line, report)
  }
  return { globalArgs, stages: stages.map(closeStage) }
}

const openStage = (stages: OpenStage[], from: FromInstruction, report: Report): void => {
  if (stages.length === limits.stages)
    report({ code: 'too-many-stages', message: `expected at most ${limits.stages} stages, found more` })
  if (stages.length >= limits.stages) return
  stages.push({ from, instructions: [] })
}

const closeStage = (open: OpenStage, index: number): Stage => ({
  index,
  ...(open.from.stage === undefined ? {} : { name: open.from.stage }),
  from: open.from,
  instructions: open.instructions,
})

const reportNoStage = (instruction: Instruction, line: SourceLine, report: Report): void => {
  report({
    code: 'no-stage',
    message: `expected FROM before ${line.keyword}, found no stage that ${instruction.kind.toUpperCase()} could belong to`,
    hint: 'only ARG may stand before the first FROM',
    part: 'keyword',
  })
}
