import type { Argument, Flag, Instruction } from 'dockerfile-ast'
import type { Range } from '../../foundation/errors/index.ts'
import type { EscapeCharacter } from './types.ts'

/** Part of an instruction that a message is about. Arguments count from 0, flags not included. */
export type Part = 'keyword' | { readonly argument: number } | { readonly flag: string }

/** Where a part of the instruction on these lines stands; undefined when it has no such part. `first` counts from 1. */
export type Locator = (
  lines: readonly string[],
  first: number,
  escapeCharacter: EscapeCharacter,
  part: Part,
) => Range | undefined

type AstRange = ReturnType<Instruction['getRange']>

/**
 * Loads dockerfile-ast, which knows to the character where every word of an instruction stands, across continuations and
 * comments. Loading it and its first parse take longer than the whole of a build that is cached, so only a file with
 * something to point at pays for it.
 */
export const loadLocator = async (): Promise<Locator> => {
  const { DockerfileParser, ModifiableInstruction } = await import('./ast.ts')
  const flagsOf = (node: Instruction): readonly Flag[] =>
    node instanceof ModifiableInstruction ? node.getFlags() : []
  return (lines, first, escapeCharacter, part) => {
    // A directive line before it puts the escape character in force, whatever the instruction starts with.
    // It also takes a carriage return on its own for the end of a line.
    const own = lines.map((line) => line.replace(/\r(?!$)/g, ' '))
    const text = [`# escape=${escapeCharacter}`, ...own].join('\n')
    const [node] = DockerfileParser.parse(text).getInstructions()
    const range = node && rangeOf(node, flagsOf(node), part)
    return range && inFile(range, first - 1)
  }
}

const rangeOf = (node: Instruction, flags: readonly Flag[], part: Part): AstRange | undefined => {
  if (part === 'keyword') return node.getInstructionRange()
  const words = node.getArguments()
  const isFlag = (word: Argument): boolean => word.getValue().startsWith('--')
  // Only some kinds of node take their flags out of the arguments themselves.
  if ('argument' in part) {
    const firstWord = Math.max(
      words.findIndex((word) => !isFlag(word)),
      0,
    )
    return words[firstWord + part.argument]?.getRange()
  }
  const flag =
    flags.findLast((each) => each.getName() === part.flag) ??
    words.findLast((word) => isFlag(word) && word.getValue().startsWith(`--${part.flag}`))
  return flag?.getRange()
}

/** dockerfile-ast counts lines from 0, and its line 0 is the directive. */
const inFile = ({ start, end }: AstRange, shift: number): Range => ({
  start: { line: start.line + shift, column: start.character },
  end: { line: end.line + shift, column: end.character },
})
