import { chompHeredoc, type RunInstruction } from '../dockerfile/index.ts'

/** One command of a shell script: its words, quotes removed; variables stay as they are. */
export type ShellCommand = readonly string[]

/**
 * The commands that a RUN gives to the shell, as far as they are written out: pipes, lists, groups and the bodies of loops are taken apart, and
 * `sudo`, `env`, assignments and the like are dropped from the front. Nothing is said about which of them are run.
 */
export const shellCommandsOf = (instruction: RunInstruction): readonly ShellCommand[] => {
  const { command, heredocs } = instruction
  if (command.form === 'exec') return isShell(command.args) ? split(command.args[2] ?? '') : [command.args]
  const isScript = /^\s*<</.test(command.text)
  return isScript ? heredocs.flatMap((heredoc) => split(chompHeredoc(heredoc))) : split(command.text)
}

const isShell = ([program, flag]: readonly string[]): boolean =>
  /(^|\/)(ba|da|a|z)?sh$/.test(program ?? '') && /^-[a-z]*c$/.test(flag ?? '')

const token =
  /\\\n|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|(&&|\|\||[;&|\n(){}])|(#[^\n]*)|((?:[^\s"'&|;(){}\\]|\\[\s\S])+)|[ \t\r]+/g

const split = (script: string): readonly ShellCommand[] => {
  const commands: string[][] = []
  let words: string[] = []
  let word: string | undefined
  const endWord = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  for (const [whole, double, single, operator, comment, plain] of script.matchAll(token)) {
    const part = double ?? single ?? plain
    if (part !== undefined) word = (word ?? '') + part
    else if (operator !== undefined && !(operator === '{' || operator === '}')) {
      endWord()
      commands.push(words)
      words = []
    } else if (operator !== undefined) word = (word ?? '') + operator
    else if (comment !== undefined && word !== undefined) word += whole
    else if (comment === undefined && whole !== '\\\n') endWord()
  }
  endWord()
  commands.push(words)
  return commands.map(withoutPrefix).filter((each) => each.length > 0)
}

const prefixes: ReadonlySet<string> = new Set([
  'sudo',
  'env',
  'exec',
  'command',
  'time',
  'nice',
  'then',
  'do',
  'else',
  'if',
  '!',
  '{',
])

const withoutPrefix = (words: ShellCommand): ShellCommand => {
  const start = words.findIndex((word) => !prefixes.has(word) && !/^[A-Za-z_]\w*=/.test(word))
  return start < 0 ? [] : words.slice(start)
}
