/** Of an option, how it is written. Commander's Option is one. */
export interface FlagShape {
  readonly short?: string | undefined
  readonly long?: string | undefined
  /** Its value must be there. */
  readonly required: boolean
  /** Its value may be there. */
  readonly optional: boolean
}

interface Flags {
  readonly options: readonly FlagShape[]
}

/**
 * Docker's parser takes forms that commander does not: `-t=app` (a value after `=` behind a short flag) and `--pull=false`, `--rm=true`
 * (a switch with its value). Rewrites them to forms that both know. What is no such form stays as it is, and so does everything
 * after `--` and, with `stopAtOperand`, after the first word that is no option: that is a program's own command line.
 */
export const plainFlags = (
  argv: readonly string[],
  command: Flags,
  stopAtOperand: boolean,
): readonly string[] => {
  const words: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const isOperand = !word.startsWith('-') || word === '-'
    if (word === '--' || (isOperand && stopAtOperand)) return [...words, ...argv.slice(at)]
    const form = isOperand
      ? { words: [word], wantsNext: false }
      : word.startsWith('--')
        ? longForm(word, command)
        : shortForm(word, command)
    words.push(...form.words)
    if (form.wantsNext && at + 1 < argv.length) words.push(argv[++at] ?? '')
  }
  return words
}

interface Form {
  readonly words: readonly string[]
  /** The value is the next word, whatever it looks like. */
  readonly wantsNext: boolean
}

const truths: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const lies: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

const takesValue = (option: FlagShape): boolean => option.required || option.optional

const longForm = (word: string, command: Flags): Form => {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  const option = command.options.find((o) => o.long === name)
  if (!option) return { words: [word], wantsNext: false }
  if (equals < 0) return { words: [word], wantsNext: option.required }
  if (takesValue(option)) return { words: [word], wantsNext: false }
  return { words: switched(word.slice(equals + 1), name, word), wantsNext: false }
}

/** A switch with its value: set, left out, or as it was, for the parser to refuse. */
const switched = (value: string, name: string, word: string): readonly string[] => {
  if (truths.has(value)) return [name]
  return lies.has(value) ? [] : [word]
}

/** `-it`, `-tapp`, `-t=app`, `-itw=/src`, `-d=false`: switches up to the first flag that takes a value. */
const shortForm = (word: string, command: Flags): Form => {
  for (let at = 1; at < word.length; at++) {
    const option = command.options.find((o) => o.short === `-${word[at] ?? ''}`)
    if (!option) break
    const before = word.slice(0, at)
    const flag = word.slice(0, at + 1)
    const rest = word.slice(at + 1)
    if (takesValue(option)) {
      if (rest.startsWith('=')) return { words: [flag, rest.slice(1)], wantsNext: false }
      return { words: [word], wantsNext: rest === '' && option.required }
    }
    if (rest.startsWith('=')) {
      const [kept] = switched(rest.slice(1), flag, word)
      return { words: [kept ?? before].filter((w) => w !== '-'), wantsNext: false }
    }
  }
  return { words: [word], wantsNext: false }
}
