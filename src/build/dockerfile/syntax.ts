import type { Argument, Flag, Instruction } from 'dockerfile-ast'
import type { Range } from '../../foundation/errors/index.ts'
import type { EscapeCharacter } from './types.ts'

type AstRange = ReturnType<Instruction['getRange']>

/** Part of an instruction that a message is about. Arguments count from 0, flags not included. */
export type Part = 'keyword' | { readonly argument: number } | { readonly flag: string }

/** Where an instruction starts and ends, in lines from 0, as dockerfile-ast sees it. */
export interface SyntaxNode {
  readonly startLine: number
  readonly endLine: number
  /** Where a part of it stands; undefined when it has no such part. */
  locate(part: Part): Range | undefined
}

/** Finds the instructions of `lines` from line `first` on. */
export type SyntaxReader = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
) => readonly SyntaxNode[]

/**
 * Loads dockerfile-ast, the only place that does. It takes longer to load than anything else here, so it is
 * loaded when a Dockerfile has to be read and not before: a stored parse result needs none of it.
 */
export const loadSyntaxReader = async (): Promise<SyntaxReader> => {
  const { DockerfileParser, ModifiableInstruction } = await import('dockerfile-ast')
  const flagsOf = (node: Instruction): readonly Flag[] =>
    node instanceof ModifiableInstruction ? node.getFlags() : []
  return (lines, first, escapeCharacter) => {
    const shift = first - 1
    return DockerfileParser.parse(documentFrom(lines, first, escapeCharacter))
      .getInstructions()
      .map((node) => {
        const { start, end } = node.getRange()
        return {
          startLine: start.line + shift,
          endLine: end.line + shift,
          locate: (part) => {
            const range = rangeOf(node, flagsOf(node), part)
            return range && shifted(range, shift)
          },
        }
      })
  }
}

/**
 * The text for dockerfile-ast: one directive line with the escape character that is in force, then the lines as they
 * are. Comment lines are emptied and stray carriage returns made spaces, because docker skips both and it does not.
 */
const documentFrom = (lines: readonly string[], first: number, escapeCharacter: EscapeCharacter): string => {
  const body = lines.slice(first).map((line) => {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line
    return /^\s*#/.test(bare) ? '' : bare.replaceAll('\r', ' ')
  })
  return [`# escape=${escapeCharacter}`, ...body].join('\n')
}

const rangeOf = (node: Instruction, flags: readonly Flag[], part: Part): AstRange | undefined => {
  if (part === 'keyword') return node.getInstructionRange()
  const words = node.getArguments()
  const isFlag = (word: Argument): boolean => word.getValue().startsWith('--')
  // Only some kinds of node take their flags out of the arguments themselves.
  if ('argument' in part)
    return words
      .slice(
        Math.max(
          words.findIndex((word) => !isFlag(word)),
          0,
        ),
      )
      [part.argument]?.getRange()
  const flag =
    flags.find((each) => each.getName() === part.flag) ??
    words.find((word) => isFlag(word) && word.getValue().startsWith(`--${part.flag}`))
  return flag?.getRange()
}

const shifted = (range: AstRange, shift: number): Range => ({
  start: { line: range.start.line + shift + 1, column: range.start.character },
  end: { line: range.end.line + shift + 1, column: range.end.character },
})
