import type { Instruction, ParsedDockerfile } from '../dockerfile/index.ts'
import type { Source, SourceInstruction } from './types.ts'

/** Adds to every instruction what only its lines tell: how the keyword is written, comments above, blank lines within. */
export const readSource = (text: string, dockerfile: ParsedDockerfile): Source => {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split('\n')
  const continued = continuations[dockerfile.escape]
  // A directive speaks for the whole file, not for the instruction below it.
  let previousEnd = dockerfile.directives.at(-1)?.range.end.line ?? 0
  const read = (instruction: Instruction): SourceInstruction => {
    const { start, end } = instruction.range
    const first = lines[start.line - 1] ?? ''
    const source = {
      instruction,
      keyword: /^\S*/.exec(first.slice(start.column))?.[0] ?? '',
      comments: commentsAbove(lines, start.line, previousEnd),
      ...readOwnLines(lines, start.line, end.line, continued),
    }
    previousEnd = end.line
    return source
  }
  return {
    dockerfile,
    lines,
    globalArgs: dockerfile.globalArgs.map(read),
    stages: dockerfile.stages.map(({ index, from, instructions }) => ({
      index,
      from: read(from),
      instructions: instructions.map(read),
    })),
  }
}

const continuations = { '\\': /(^|[^\\])\\[ \t]*\r?$/, '`': /(^|[^`])`[ \t]*\r?$/ } as const

/** Blank lines do not part a comment from its instruction; an empty comment does, as BuildKit has it. */
const commentsAbove = (lines: readonly string[], line: number, after: number): readonly string[] => {
  const comments: string[] = []
  for (let at = line - 1; at > after; at--) {
    const text = (lines[at - 1] ?? '').trim()
    if (text === '') continue
    if (!text.startsWith('#')) break
    const comment = text.slice(1).trim()
    if (comment === '') break
    comments.unshift(comment)
  }
  return comments
}

const readOwnLines = (
  lines: readonly string[],
  first: number,
  last: number,
  continued: RegExp,
): Pick<SourceInstruction, 'blankLines' | 'lastOwnLine'> => {
  const blankLines: number[] = []
  let at = first
  for (; at < last; at++) {
    const text = (lines[at - 1] ?? '').trim()
    if (text === '' && at > first) blankLines.push(at)
    else if (text.startsWith('#') && at > first) continue
    else if (!continued.test(lines[at - 1] ?? '')) break
  }
  return { blankLines, lastOwnLine: at }
}
