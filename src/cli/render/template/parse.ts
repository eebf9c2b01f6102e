import { badTemplate } from './bad.ts'
import { functions } from './functions.ts'
import type { Part, Word } from './lex.ts'

/** What one command of a pipe is made of. */
export type Operand =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'pipe'; readonly pipe: Pipe; readonly path: readonly string[] }
  /** `.A.B`, `$x.A`; the name is empty for the dot. */
  | { readonly kind: 'path'; readonly variable: string; readonly path: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }

/** Commands, each of which gets the value of the one before as its last argument. */
export interface Pipe {
  readonly variables: readonly string[]
  /** `=` instead of `:=`. */
  readonly assigns: boolean
  readonly commands: readonly (readonly Operand[])[]
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipe: Pipe
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | { readonly kind: 'break' | 'continue' }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined }

export interface Parsed {
  readonly nodes: readonly Node[]
  readonly definitions: ReadonlyMap<string, readonly Node[]>
}

/** Reads a template. Throws `bad-template`. */
export const parseTemplate = (format: string, parts: readonly Part[]): Parsed => {
  const definitions = new Map<string, readonly Node[]>()
  const reader = { format, parts, at: 0, definitions }
  const { nodes, end } = readNodes(reader, false)
  if (end) throw badTemplate(format, `{{${end}}} closes nothing`)
  return { nodes, definitions }
}

interface Reader {
  readonly format: string
  readonly parts: readonly Part[]
  readonly definitions: Map<string, readonly Node[]>
  at: number
}

interface Body {
  readonly nodes: readonly Node[]
  /** Keyword that ended it. */
  readonly end: '' | 'end' | 'else'
  /** What follows an `else`. */
  readonly rest: readonly Word[]
}

const readNodes = (reader: Reader, inBlock: boolean): Body => {
  const nodes: Node[] = []
  while (reader.at < reader.parts.length) {
    const part = reader.parts[reader.at++]
    if (part === undefined) break
    if (part.kind === 'text') {
      nodes.push(part)
      continue
    }
    const keyword = keywordOf(part.words)
    if (keyword === 'end' || keyword === 'else') return { nodes, end: keyword, rest: part.words.slice(1) }
    const node = readAction(reader, keyword, part.words)
    if (node) nodes.push(node)
  }
  if (inBlock) throw badTemplate(reader.format, 'an {{end}} is missing')
  return { nodes, end: '', rest: [] }
}

const keywords = [
  'if',
  'with',
  'range',
  'end',
  'else',
  'break',
  'continue',
  'define',
  'block',
  'template',
] as const

const keywordOf = (words: readonly Word[]): (typeof keywords)[number] | undefined =>
  words[0]?.kind === 'name' ? keywords.find((keyword) => keyword === words[0]?.text) : undefined

const readAction = (
  reader: Reader,
  keyword: (typeof keywords)[number] | undefined,
  words: readonly Word[],
): Node | undefined => {
  switch (keyword) {
    case 'if':
    case 'with':
    case 'range':
      return readBlock(reader, keyword, words.slice(1))
    case 'break':
    case 'continue':
      return { kind: keyword }
    case 'define':
    case 'block': {
      const name = nameOf(reader, words)
      reader.definitions.set(name, readNodes(reader, true).nodes)
      return keyword === 'define' ? undefined : templateNode(reader, name, words)
    }
    case 'template':
      return templateNode(reader, nameOf(reader, words), words)
    default:
      return { kind: 'print', pipe: readPipe(reader.format, words) }
  }
}

const nameOf = (reader: Reader, words: readonly Word[]): string => {
  const word = words[1]
  if (word?.kind === 'literal' && typeof word.value === 'string') return word.value
  throw badTemplate(reader.format, `${words[0]?.text ?? ''} needs a name in quotes`)
}

const templateNode = (reader: Reader, name: string, words: readonly Word[]): Node => ({
  kind: 'template',
  name,
  pipe: words.length > 2 ? readPipe(reader.format, words.slice(2)) : undefined,
})

const readBlock = (reader: Reader, kind: 'if' | 'with' | 'range', words: readonly Word[]): Node => {
  const pipe = readPipe(reader.format, words)
  const body = readNodes(reader, true)
  if (body.end === 'end') return { kind, pipe, body: body.nodes, otherwise: [] }
  const [next] = body.rest
  if (next?.kind === 'name' && (next.text === 'if' || next.text === 'with'))
    return { kind, pipe, body: body.nodes, otherwise: [readBlock(reader, next.text, body.rest.slice(1))] }
  const otherwise = readNodes(reader, true)
  if (otherwise.end !== 'end') throw badTemplate(reader.format, 'a second {{else}}')
  return { kind, pipe, body: body.nodes, otherwise: otherwise.nodes }
}

const readPipe = (format: string, words: readonly Word[]): Pipe => {
  const declared = words.findIndex(({ text, kind }) => kind === 'mark' && (text === ':=' || text === '='))
  const variables = words
    .slice(0, Math.max(declared, 0))
    .filter(({ kind }) => kind === 'variable')
    .map(({ text }) => text)
  const cursor = { format, words: words.slice(declared + 1), at: 0 }
  const commands = readCommands(cursor)
  if (cursor.at < cursor.words.length) throw badTemplate(format, 'a ) closes nothing')
  return { variables, assigns: words[declared]?.text === '=', commands }
}

interface Cursor {
  readonly format: string
  readonly words: readonly Word[]
  at: number
}

/** Up to the end or to a closing parenthesis. */
const readCommands = (cursor: Cursor): readonly (readonly Operand[])[] => {
  const commands: Operand[][] = [[]]
  for (; cursor.at < cursor.words.length; ) {
    const word = cursor.words[cursor.at]
    if (word === undefined || (word.kind === 'mark' && word.text === ')')) break
    cursor.at++
    if (word.kind === 'mark' && word.text === '|') commands.push([])
    else commands.at(-1)?.push(readOperand(cursor, word))
  }
  if (commands.some((command) => command.length === 0)) throw badTemplate(cursor.format, 'a value is missing')
  return commands
}

const readOperand = (cursor: Cursor, word: Word): Operand => {
  if (word.kind === 'literal') return { kind: 'literal', value: word.value }
  if (word.kind === 'variable') return { kind: 'path', variable: word.text, path: readPath(cursor) }
  if (word.kind === 'field') {
    const first = word.text === '.' ? [] : [word.text.slice(1)]
    return { kind: 'path', variable: '', path: [...first, ...readPath(cursor)] }
  }
  if (word.kind === 'name') return named(cursor, word.text)
  if (word.text !== '(') throw badTemplate(cursor.format, `${word.text} is not expected here`)
  const commands = readCommands(cursor)
  if (cursor.words[cursor.at]?.text !== ')') throw badTemplate(cursor.format, 'a ( has no )')
  cursor.at++
  return { kind: 'pipe', pipe: { variables: [], assigns: false, commands }, path: readPath(cursor) }
}

/** Fields that follow without a blank. */
const readPath = (cursor: Cursor): readonly string[] => {
  const path: string[] = []
  for (
    let word = cursor.words[cursor.at];
    word?.kind === 'field' && !word.spaced;
    word = cursor.words[cursor.at]
  ) {
    path.push(word.text.slice(1))
    cursor.at++
  }
  return path
}

const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['nil', null],
])

const named = (cursor: Cursor, name: string): Operand => {
  if (constants.has(name)) return { kind: 'literal', value: constants.get(name) }
  if (functions.has(name)) return { kind: 'function', name }
  throw badTemplate(
    cursor.format,
    `there is no function ${name}`,
    `functions: ${[...functions.keys()].join(', ')}`,
  )
}
