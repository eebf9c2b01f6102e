import { AppError, exitCode } from '../../foundation/errors/index.ts'

export interface FlagShape {
  readonly switches?: readonly string[]
  /** Flags with a value; those that come several times are read with `all`. */
  readonly values?: readonly string[]
  /** Short form -> long one: `{ d: 'detach' }`. */
  readonly short?: Readonly<Record<string, string>>
  /** What follows the first operand is taken as it is: a program's command line. */
  readonly stopAtOperand?: boolean
}

export interface Flags {
  has(name: string): boolean
  /** The last one. */
  value(name: string): string | undefined
  all(name: string): readonly string[]
  readonly operands: readonly string[]
}

/** Flags as Go programs take them: `--name value`, `--name=value`, one dash or two, and `--switch=false`. Throws `usage`. */
export const parseFlags = (argv: readonly string[], shape: FlagShape): Flags => {
  const found = new Map<string, string[]>()
  const operands: string[] = []
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') operands.push(...words.splice(0))
    else if (/^-./.test(word)) takeFlag(word, words, shape, found)
    else operands.push(word, ...(shape.stopAtOperand ? words.splice(0) : []))
  }
  return {
    has: (name) => found.get(name)?.at(-1) === 'true',
    value: (name) => found.get(name)?.at(-1),
    all: (name) => found.get(name) ?? [],
    operands,
  }
}

const takeFlag = (word: string, words: string[], shape: FlagShape, found: Map<string, string[]>): void => {
  const { name, value } = splitFlag(word, shape)
  if (shape.switches?.includes(name)) {
    found.set(name, [String(switchValue(name, value))])
    return
  }
  if (!shape.values?.includes(name)) throw usage(`unknown flag ${word}`)
  const given = value ?? words.shift()
  if (given === undefined) throw usage(`flag ${word} needs a value`)
  found.set(name, [...(found.get(name) ?? []), given])
}

const splitFlag = (word: string, { short = {} }: FlagShape): { name: string; value?: string } => {
  const equals = word.indexOf('=')
  const bare = (equals < 0 ? word : word.slice(0, equals)).replace(/^--?/, '')
  const name = short[bare] ?? bare
  return equals < 0 ? { name } : { name, value: word.slice(equals + 1) }
}

const switchValue = (name: string, value = 'true'): boolean => {
  if (/^(true|t|1)$/i.test(value)) return true
  if (/^(false|f|0)$/i.test(value)) return false
  throw usage(`flag --${name}: expected true or false, found ${value}`)
}

export const usage = (message: string, hint?: string): AppError =>
  new AppError('usage', message, { exitCode: exitCode.failed, ...(hint === undefined ? {} : { hint }) })

/** The operands of a verb that takes exactly one container. */
export const onlyId = ({ operands }: Flags): string => {
  const [id, ...rest] = operands
  if (id === undefined || rest.length > 0)
    throw usage(`expected one container id, found ${operands.length} words`)
  return id
}

/** A whole number of a flag. Throws `usage`. */
export const numberOf = (flags: Flags, name: string): number | undefined => {
  const text = flags.value(name)
  if (text === undefined) return undefined
  if (!/^-?\d+$/.test(text)) throw usage(`flag --${name}: expected a number, found ${text}`)
  return Number(text)
}
