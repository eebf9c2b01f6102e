import { suggest } from '../../foundation/errors/index.ts'
import { parseByteSize } from './byte-size.ts'
import type { CacheMountOption, MountOption } from './mount-types.ts'

/** What the fields of a mount have said so far. */
export interface MountFields {
  type: MountOption['type']
  from: string
  source: string
  target: string
  id: string
  readonly?: boolean
  required: boolean
  size?: number
  sharing?: CacheMountOption['sharing']
  env?: string
  mode?: number
  uid?: number
  gid?: number
}

/** What is wrong with a mount. */
export interface MountProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

export const mountTypes = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const
const sharingModes = ['shared', 'private', 'locked'] as const
const shownKeys = [
  'type from source src target dst destination readonly ro readwrite rw id sharing required size mode uid gid env',
].flatMap((keys) => keys.split(' '))

type Reader = (fields: MountFields, value: string, key: string) => MountProblem | undefined

/** Reads one value. Key order matters: `required` and `size` look at the type that was said before them, as in docker. */
export const readField = (fields: MountFields, key: string, value: string): MountProblem | undefined => {
  const reader = readers.get(key)
  if (reader) return reader(fields, value, key)
  const near = suggest(key, shownKeys)
  return {
    code: 'unknown-mount-key',
    message: `--mount has no key ${JSON.stringify(key)}`,
    hint: near ? `did you mean ${near}?` : `it has ${shownKeys.join(', ')}`,
  }
}

/** A key without "=": only switches can stand alone. */
export const readBareField = (fields: MountFields, key: string): MountProblem | undefined => {
  if (switches.has(key)) return readField(fields, key, 'true')
  const near = suggest(key, switches)
  return {
    code: 'bad-mount-field',
    message: `expected KEY=VALUE in --mount, found ${JSON.stringify(key)}`,
    hint: near ? `did you mean ${near}?` : `only ${[...switches].join(', ')} can stand without a value`,
  }
}

const text =
  (name: 'from' | 'source' | 'target' | 'id' | 'env'): Reader =>
  (fields, value) => {
    fields[name] = value
    return undefined
  }

const word = <T extends string>(all: readonly T[], set: (fields: MountFields, value: T) => void): Reader => {
  return (fields, value, key) => {
    const found = all.find((each) => each === value.toLowerCase())
    if (found === undefined) {
      const near = suggest(value, all)
      return bad(key, `to be one of ${all.join(', ')}`, value, near ? `did you mean ${near}?` : undefined)
    }
    set(fields, found)
    return undefined
  }
}

/** The spellings of Go's strconv.ParseBool. */
const flag =
  (
    set: (fields: MountFields, value: boolean) => void,
    only: readonly MountOption['type'][] = mountTypes,
  ): Reader =>
  (fields, value, key) => {
    if (!only.includes(fields.type)) return misplaced(key, fields.type, only)
    const isTrue = /^(?:1|t|T|TRUE|true|True)$/.test(value)
    if (!isTrue && !/^(?:0|f|F|FALSE|false|False)$/.test(value)) return bad(key, 'to be true or false', value)
    set(fields, isTrue)
    return undefined
  }

const number =
  (name: 'mode' | 'uid' | 'gid', base: 8 | 10): Reader =>
  (fields, value, key) => {
    const digits = base === 8 ? /^0*[0-7]{1,11}$/ : /^0*\d{1,10}$/
    const parsed = digits.test(value) ? Number.parseInt(value, base) : Number.NaN
    if (!(parsed < 2 ** 32))
      return bad(key, base === 8 ? 'to be octal digits, like 0750' : 'to be a number', value)
    fields[name] = parsed
    return undefined
  }

const size: Reader = (fields, value, key) => {
  if (fields.type !== 'tmpfs') return misplaced(key, fields.type, ['tmpfs'])
  const bytes = parseByteSize(value)
  if (bytes === undefined) return bad(key, 'to be a size, like 64m', value)
  fields.size = bytes
  return undefined
}

const bad = (key: string, expected: string, value: string, hint?: string): MountProblem => ({
  code: 'bad-mount-value',
  message: `expected ${key} of --mount ${expected}, found ${JSON.stringify(value)}`,
  ...(hint === undefined ? {} : { hint }),
})

const misplaced = (key: string, type: string, only: readonly string[]): MountProblem => ({
  code: 'misplaced-mount-key',
  message: `${key} does not go with a ${type} mount`,
  hint: `write type=${only.join(' or type=')} before it`,
})

const setReadonly = flag((fields, value) => {
  fields.readonly = value
})
const setReadwrite = flag((fields, value) => {
  fields.readonly = !value
})
const setRequired = flag(
  (fields, value) => {
    fields.required = value
  },
  ['secret', 'ssh'],
)

const readers: ReadonlyMap<string, Reader> = new Map([
  [
    'type',
    word(mountTypes, (fields, value) => {
      fields.type = value
    }),
  ],
  ['from', text('from')],
  ['source', text('source')],
  ['src', text('source')],
  ['target', text('target')],
  ['dst', text('target')],
  ['destination', text('target')],
  ['id', text('id')],
  ['env', text('env')],
  ['readonly', setReadonly],
  ['ro', setReadonly],
  ['readwrite', setReadwrite],
  ['rw', setReadwrite],
  ['required', setRequired],
  ['size', size],
  [
    'sharing',
    word(sharingModes, (fields, value) => {
      fields.sharing = value
    }),
  ],
  ['mode', number('mode', 8)],
  ['uid', number('uid', 10)],
  ['gid', number('gid', 10)],
])
const switches: ReadonlySet<string> = new Set(['readonly', 'ro', 'readwrite', 'rw', 'required'])
