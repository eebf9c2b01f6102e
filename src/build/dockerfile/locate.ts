import type { Argument, Flag, Instruction, JSONInstruction } from 'dockerfile-ast'
import type { Range } from '../../foundation/errors/index.ts'
import type { EscapeCharacter } from './types.ts'

/** Part of an instruction that a message is about. Arguments count from 0, flags not included. */
export type Part =
  | 'keyword'
  | { readonly argument: number }
  /** With its value when there may be several; the last one otherwise. */
  | { readonly flag: string; readonly value?: string }
  /** A word as it is written, flags and their values included. */
  | { readonly word: string }

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
  const { DockerfileParser, JSONInstruction, ModifiableInstruction } = await import('./ast.ts')
  const flagsOf = (node: Instruction): readonly Flag[] =>
    node instanceof ModifiableInstruction ? node.getFlags() : []
  return (lines, first, escapeCharacter, part) => {
    // A directive line before it puts the escape character in force, whatever the instruction starts with.
    // It also takes a carriage return on its own for the end of a line.
    const own = lines.map((line) => line.replace(/\r(?!$)/g, ' '))
    const text = [`# escape=${escapeCharacter}`, ...own].join('\n')
    const [node] = DockerfileParser.parse(text).getInstructions()
    const strings = node instanceof JSONInstruction ? node.getJSONStrings() : []
    const range = node && rangeOf(node, flagsOf(node), strings, part)
    return range && inFile(range, first - 1)
  }
}

type JsonString = ReturnType<JSONInstruction['getJSONStrings']>[number]

const rangeOf = (
  node: Instruction,
  flags: readonly Flag[],
  strings: readonly JsonString[],
  part: Part,
): AstRange | undefined => {
  if (part === 'keyword') return node.getInstructionRange()
  if ('word' in part) return rangeOfWord(node, flags, strings, part.word)
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
  const named = flags.filter((each) => each.getName() === part.flag)
  const flag =
    named.find((each) => part.value !== undefined && each.getValue() === part.value) ??
    named.at(-1) ??
    words.findLast((word) => isFlag(word) && word.getValue().startsWith(`--${part.flag}`))
  return flag?.getRange()
}

/** The word itself before one that it is only a part of, like `A=word`. */
const rangeOfWord = (
  node: Instruction,
  flags: readonly Flag[],
  strings: readonly JsonString[],
  word: string,
): AstRange | undefined => {
  const places = [
    ...strings.map((each) => ({ text: each.getJSONValue(), range: each.getRange() })),
    ...node.getArguments().map((each) => ({ text: each.getValue(), range: each.getRange() })),
    ...flags.map((each) => ({ text: each.getValue() ?? '', range: each.getRange() })),
  ]
  const found = places.find(({ text }) => text === word) ?? places.find(({ text }) => text.includes(word))
  return found?.range
}

/** dockerfile-ast counts lines from 0, and its line 0 is the directive. */
const inFile = ({ start, end }: AstRange, shift: number): Range => ({
  start: { line: start.line + shift, column: start.character },
  end: { line: end.line + shift, column: end.character },
})
