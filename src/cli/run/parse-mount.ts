import { isAbsolute, resolve } from 'node:path'
import type { MountWish } from '../../engine/index.ts'
import { splitFields } from '../csv-line.ts'
import { booleanOf } from '../value-forms.ts'
import { given } from './given.ts'
import { parseBytes } from './parse-values.ts'
import { usage } from './parse-verb.ts'

const aliases: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  u: 'chown',
}
const known: ReadonlySet<string> = new Set([
  'type',
  'source',
  'target',
  'readonly',
  'consistency',
  'bind-create-src',
  'bind-propagation',
  'bind-recursive',
  'bind-nonrecursive',
  'volume-nocopy',
  'volume-driver',
  'volume-label',
  'volume-opt',
  'volume-subpath',
  'image-subpath',
  'tmpfs-size',
  'tmpfs-mode',
  'idmap',
  'chown',
])
const switches: ReadonlySet<string> = new Set([
  'readonly',
  'volume-nocopy',
  'bind-create-src',
  'bind-nonrecursive',
  'idmap',
  'chown',
])
const propagations = /^r?(private|shared|slave)$/
const recursions = ['enabled', 'disabled', 'writable', 'readonly'] as const

type Bad = (why: string, hint?: string) => never

/** The fields of one --mount. */
interface Fields {
  readonly bad: Bad
  readonly cwd: string
  readonly destination: string
  readonly readonly: boolean
  text(name: string): string | undefined
  isOn(name: string): boolean
  /** `volume-label=a=b` and its like, which may come several times. */
  pairs(name: string): Readonly<Record<string, string>>
}

/** --mount `type=bind|volume|tmpfs|image,source=..,target=..,...`. Throws `usage`. */
export const parseMount = (line: string, cwd: string): MountWish => {
  const bad: Bad = (why, hint) => {
    throw usage('run', `--mount ${JSON.stringify(line)}: ${why}`, hint)
  }
  const fields = readFields(line, cwd, bad)
  const type = fields.text('type') ?? 'volume'
  const make = Object.hasOwn(makers, type) ? makers[type] : undefined
  if (!make) return bad(`unknown type ${type}`, 'types are bind, volume, tmpfs and image')
  for (const prefix of ['bind', 'volume', 'tmpfs', 'image'])
    if (
      prefix !== type &&
      [...known].some((name) => name.startsWith(`${prefix}-`) && fields.text(name) !== undefined)
    )
      return bad(`fields ${prefix}-... are not for type=${type}`)
  if (type !== 'bind' && type !== 'volume' && (fields.isOn('idmap') || fields.isOn('chown')))
    return bad('idmap and chown are for type=bind and type=volume')
  return {
    ...make(fields),
    byMount: true,
    ...(fields.isOn('idmap') ? { idmap: true } : {}),
    ...(fields.isOn('chown') ? { chown: true } : {}),
  }
}

const readFields = (line: string, cwd: string, bad: Bad): Fields => {
  const values = new Map<string, string[]>()
  for (const word of splitFields(line)) {
    const equals = word.indexOf('=')
    const key = (equals < 0 ? word : word.slice(0, equals)).toLowerCase()
    const name = aliases[key] ?? key
    if (!known.has(name)) return bad(`unknown field ${key}`)
    if (equals < 0 && !switches.has(name)) return bad(`field ${key} must have a value`)
    const value = equals < 0 ? 'true' : word.slice(equals + 1)
    if (switches.has(name) && booleanOf(value) === undefined)
      return bad(`${key}=${value}: expected true or false`)
    values.set(name, [...(values.get(name) ?? []), value])
  }
  const text = (name: string): string | undefined => values.get(name)?.at(-1)
  const isOn = (name: string): boolean => booleanOf(text(name) ?? 'false') === true
  const destination = text('target')
  if (destination === undefined || destination === '') return bad('expected target=PATH')
  if (!isAbsolute(destination)) return bad(`target ${destination}: expected an absolute path`)
  if (resolve(destination) === '/') return bad('the root cannot be a mount point')
  const pairs = (name: string): Readonly<Record<string, string>> =>
    Object.fromEntries((values.get(name) ?? []).map((word) => split(word)))
  return { bad, cwd, destination, readonly: isOn('readonly'), text, isOn, pairs }
}

const split = (word: string): readonly [string, string] => {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]
}

const bind = ({ bad, cwd, destination, readonly, text, isOn }: Fields): MountWish => {
  const source = text('source')
  if (source === undefined || source === '') return bad('expected source=PATH')
  if (!isAbsolute(source) && !source.startsWith('.'))
    return bad(`source ${source}: expected an absolute path`)
  const propagation = text('bind-propagation')
  if (propagation !== undefined && !propagations.test(propagation))
    return bad(`unknown bind-propagation ${propagation}`)
  const word = isOn('bind-nonrecursive') ? 'disabled' : recursionOf(text('bind-recursive') ?? 'enabled')
  const recursive = recursions.find((one) => one === word)
  if (!recursive) return bad(`unknown bind-recursive ${word}`)
  if ((recursive === 'readonly' || recursive === 'writable') && !readonly)
    return bad(`bind-recursive=${recursive} is for readonly mounts`)
  if (recursive === 'readonly' && propagation !== 'rprivate')
    return bad('bind-recursive=readonly needs bind-propagation=rprivate')
  const base = {
    kind: 'bind',
    source: resolve(cwd, source),
    destination,
    readonly,
    createSource: isOn('bind-create-src'),
    recursive,
  } as const
  return { ...base, ...given('propagation', propagation) }
}

/** Docker takes truth values too. */
const recursionOf = (word: string): string => {
  const value = booleanOf(word)
  return value === undefined ? word : value ? 'enabled' : 'disabled'
}

const volume = ({ bad, destination, readonly, text, isOn, pairs }: Fields): MountWish => {
  const driver = text('volume-driver') ?? 'local'
  if (driver !== 'local') return bad(`volume-driver ${driver}: expected local`, 'there are no plugins')
  const source = text('source')
  return {
    kind: 'volume',
    destination,
    readonly,
    copy: !isOn('volume-nocopy'),
    mode: 'z',
    labels: pairs('volume-label'),
    driverOptions: pairs('volume-opt'),
    ...given('name', source === '' ? undefined : source),
    ...given('subpath', subpathOf('volume-subpath', text('volume-subpath'), bad)),
  }
}

const image = ({ bad, destination, text }: Fields): MountWish => {
  const source = text('source')
  if (source === undefined || source === '') return bad('expected source=IMAGE')
  const subpath = subpathOf('image-subpath', text('image-subpath'), bad)
  return { kind: 'image', destination, image: source, ...given('subpath', subpath) }
}

const subpathOf = (name: string, path: string | undefined, bad: Bad): string | undefined => {
  if (path !== undefined && (isAbsolute(path) || path.split('/').includes('..')))
    return bad(`${name} ${path}: expected a relative path without ".."`)
  return path === '' ? undefined : path
}

const tmpfs = ({ bad, destination, readonly, text }: Fields): MountWish => {
  if (text('source') !== undefined) return bad('type=tmpfs has no source')
  const size = text('tmpfs-size')
  const mode = text('tmpfs-mode')
  if (mode !== undefined && !/^[0-7]{1,4}$/.test(mode))
    return bad(`tmpfs-mode ${mode}: expected octal digits`)
  const options = [
    ...(size === undefined ? [] : [`size=${parseBytes('tmpfs-size', size)}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(readonly ? ['ro'] : []),
  ]
  return { kind: 'tmpfs', destination, options }
}

const makers: Readonly<Record<string, (fields: Fields) => MountWish>> = { bind, volume, image, tmpfs }
