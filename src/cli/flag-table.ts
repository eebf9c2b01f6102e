import { type FlagShape, plainFlags } from './flag-forms.ts'

/** What a value becomes: with the one before it, for options that may come several times. */
export type ParseFlag = (value: string, before: readonly string[] | undefined) => readonly string[]

/** An option that is said more of than its flags. A part of commander's Option. */
export interface FlagOption {
  argParser(parse: (value: string, before: unknown) => unknown): this
  hideHelp(hide?: boolean): this
  default(value: unknown): this
  choices(values: readonly string[]): this
}

/**
 * What a verb says of itself and its options: a part of commander's Command, so that the same words define a parser of commander and a
 * table that a well-formed command line is read with (`readFlags`).
 */
export interface FlagCommand {
  description(text: string): this
  usage(text: string): this
  argument(spec: string, help: string): this
  passThroughOptions(): this
  option(flags: string, help: string, parse?: ParseFlag): this
  createOption(flags: string, help: string): FlagOption
  addOption(option: FlagOption): this
}

export type DefineFlags = <C extends FlagCommand>(command: C) => C

/** An option as the table has it. */
interface Row extends FlagShape {
  readonly long: string
  /** As commander names the value: camel case, without `no-`. */
  readonly key: string
  readonly negates: boolean
  parse: ((value: string, before: unknown) => unknown) | undefined
  choices: readonly string[] | undefined
  initial: unknown
}

/** The table of a verb, filled by what defines its options. */
export interface FlagTable extends FlagCommand {
  readonly rows: readonly Row[]
  /** How many words it takes. */
  readonly least: number
  readonly most: number
}

export const flagTable = (): FlagTable => {
  const rows: Row[] = []
  const counts = { least: 0, most: 0 }
  const options = new Map<FlagOption, Row>()
  const table: FlagTable = {
    rows,
    get least() {
      return counts.least
    },
    get most() {
      return counts.most
    },
    description: () => table,
    usage: () => table,
    passThroughOptions: () => table,
    argument(spec) {
      if (spec.startsWith('<')) counts.least++
      counts.most += spec.includes('...') ? Number.POSITIVE_INFINITY : 1
      return table
    },
    option(flags, _, parse) {
      const row = rowOf(flags)
      if (parse) row.parse = (value, before) => parse(value, Array.isArray(before) ? before : undefined)
      rows.push(row)
      return table
    },
    createOption(flags) {
      const row = rowOf(flags)
      const option = optionOf(row)
      options.set(option, row)
      return option
    },
    addOption(option) {
      const row = options.get(option)
      if (row) rows.push(row)
      return table
    },
  }
  return table
}

const optionOf = (row: Row): FlagOption => {
  const option: FlagOption = {
    argParser(parse) {
      row.parse = parse
      return option
    },
    hideHelp: () => option,
    default(value) {
      row.initial = value
      return option
    },
    choices(values) {
      row.choices = values
      return option
    },
  }
  return option
}

/** `-e, --env <name=value>`, `--rm`, `--no-healthcheck`. */
const rowOf = (flags: string): Row => {
  const short = flags.startsWith('--') ? undefined : flags.slice(0, 2)
  const from = short === undefined ? 0 : flags.indexOf('--')
  const space = flags.indexOf(' ', from)
  const long = space < 0 ? flags.slice(from) : flags.slice(from, space)
  const negates = long.startsWith('--no-')
  return {
    short,
    long,
    required: flags.includes('<'),
    optional: flags.includes('['),
    key: camelCase(long.slice(negates ? '--no-'.length : 2)),
    negates,
    parse: undefined,
    choices: undefined,
    initial: undefined,
  }
}

const camelCase = (name: string): string =>
  name.includes('-') ? name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name

export interface ReadFlags {
  /** Values by the camel case of their names, as commander's `opts()` has them. */
  readonly options: Readonly<Record<string, unknown>>
  readonly args: readonly string[]
}

/**
 * Reads a command line. Undefined for one that asks for help or that has anything wrong: what to say of it, commander knows (and
 * its loading takes longer than a small command's whole work).
 */
export const readFlags = (
  table: FlagTable,
  argv: readonly string[],
  stopAtOperand: boolean,
): ReadFlags | undefined => {
  const { rows } = table
  const values = initialValues(rows)
  const words = plainFlags(argv, { options: rows }, stopAtOperand)
  const args: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') {
      args.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      if (stopAtOperand) {
        args.push(...words.slice(at))
        break
      }
      args.push(word)
      continue
    }
    const taken = takeWord(rows, word, words[at + 1], values)
    if (taken === undefined) return undefined
    at += taken
  }
  return args.length < table.least || args.length > table.most ? undefined : { options: values, args }
}

const initialValues = (rows: readonly Row[]): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  const before = new Set<string>()
  for (const { key, negates, initial, long } of rows) {
    // Commander takes a switch --no-X for on, unless an --X was declared before it.
    if (!negates) before.add(long)
    else if (!before.has(`--${long.slice('--no-'.length)}`)) values[key] = true
    if (initial !== undefined) values[key] = initial
  }
  return values
}

/** Sets what a word of options says. How many further words it takes, or undefined when it is wrong. */
const takeWord = (
  rows: readonly Row[],
  word: string,
  next: string | undefined,
  values: Record<string, unknown>,
): 0 | 1 | undefined => {
  if (!word.startsWith('--')) return takeShort(rows, word, next, values)
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  const row = rows.find(({ long }) => long === name)
  if (!row || row.optional) return undefined
  if (!row.required) return equals < 0 && setValue(row, undefined, values) ? 0 : undefined
  if (equals >= 0) return setValue(row, word.slice(equals + 1), values) ? 0 : undefined
  return next !== undefined && setValue(row, next, values) ? 1 : undefined
}

/** `-it`, `-tVALUE`, `-t VALUE`. */
const takeShort = (
  rows: readonly Row[],
  word: string,
  next: string | undefined,
  values: Record<string, unknown>,
): 0 | 1 | undefined => {
  for (let at = 1; at < word.length; at++) {
    const row = rows.find(({ short }) => short === `-${word[at] ?? ''}`)
    if (!row || row.optional) return undefined
    const rest = word.slice(at + 1)
    if (!row.required) {
      if (!setValue(row, undefined, values)) return undefined
    } else if (rest !== '') return setValue(row, rest, values) ? 0 : undefined
    else return next !== undefined && setValue(row, next, values) ? 1 : undefined
  }
  return 0
}

const setValue = (row: Row, value: string | undefined, values: Record<string, unknown>): boolean => {
  if (value === undefined) values[row.key] = !row.negates
  else if (row.choices?.includes(value) === false) return false
  else values[row.key] = row.parse ? row.parse(value, values[row.key]) : value
  return true
}
