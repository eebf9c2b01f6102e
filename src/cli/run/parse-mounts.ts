import { isAbsolute, resolve } from 'node:path'
import type { MountWish } from '../../engine/index.ts'
import { parseBytes } from './parse-values.ts'
import { usage } from './parse-verb.ts'

const propagations: ReadonlySet<string> = new Set([
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
])
/** Words of -v that change nothing here: labels of SELinux, and what docker does on other systems. */
const ignored: ReadonlySet<string> = new Set(['rw', 'z', 'Z', 'cached', 'delegated', 'consistent', 'nocopy'])

/** -v `SOURCE:DESTINATION[:ro,...]`. Throws `usage`. */
export const parseVolume = (text: string, cwd: string): MountWish => {
  const [source = '', destination, words, ...more] = text.split(':')
  if (destination === undefined) {
    throw usage(
      'run',
      `-v ${JSON.stringify(text)}: anonymous volumes are not supported yet`,
      'write HOSTPATH:PATH',
    )
  }
  if (source === '' || !isAbsolute(destination) || more.length > 0) {
    throw usage('run', `-v ${JSON.stringify(text)}: expected HOSTPATH:PATH[:ro]`, 'PATH is absolute')
  }
  const options = words === undefined || words === '' ? [] : words.split(',')
  const unknown = options.find((word) => word !== 'ro' && !propagations.has(word) && !ignored.has(word))
  if (unknown !== undefined) throw usage('run', `-v ${JSON.stringify(text)}: unknown mode ${unknown}`)
  const isPath = isAbsolute(source) || source.startsWith('.')
  if (!isPath) {
    throw usage(
      'run',
      `-v ${JSON.stringify(text)}: named volumes are not supported yet`,
      `for a directory of the host write ./${source}`,
    )
  }
  const propagation = options.find((word) => propagations.has(word))
  return {
    kind: 'bind',
    source: resolve(cwd, source),
    destination,
    readonly: options.includes('ro'),
    createSource: true,
    ...(propagation === undefined ? {} : { propagation }),
  }
}

/** --tmpfs `PATH[:OPTIONS]`. Throws `usage`. */
export const parseTmpfs = (text: string): MountWish => {
  const colon = text.indexOf(':')
  const destination = colon < 0 ? text : text.slice(0, colon)
  if (!isAbsolute(destination))
    throw usage('run', `--tmpfs ${JSON.stringify(text)}: expected an absolute path`)
  const words = colon < 0 ? [] : text.slice(colon + 1).split(',')
  return { kind: 'tmpfs', destination, options: words.filter((word) => word !== '') }
}

/** --mount `type=bind,source=..,target=..,readonly` or `type=tmpfs,target=..`. Throws `usage`. */
export const parseMount = (text: string, cwd: string): MountWish => {
  const bad = (why: string): never => {
    throw usage('run', `--mount ${JSON.stringify(text)}: ${why}`)
  }
  const fields = new Map<string, string>()
  for (const word of text.split(',')) {
    const equals = word.indexOf('=')
    const key = (equals < 0 ? word : word.slice(0, equals)).toLowerCase()
    const name = aliases[key] ?? key
    if (!known.has(name)) return bad(`unknown field ${key}`)
    fields.set(name, equals < 0 ? 'true' : word.slice(equals + 1))
  }
  const destination = fields.get('target')
  if (destination === undefined || !isAbsolute(destination))
    return bad('expected target=PATH, an absolute path')
  const type = fields.get('type') ?? 'volume'
  if (type === 'tmpfs') return { kind: 'tmpfs', destination, options: tmpfsOptions(fields) }
  if (type !== 'bind') return bad(`type=${type} is not supported yet; bind and tmpfs are`)
  const source = fields.get('source')
  if (source === undefined || source === '') return bad('expected source=PATH')
  const propagation = fields.get('bind-propagation')
  if (propagation !== undefined && !propagations.has(propagation))
    return bad(`unknown bind-propagation ${propagation}`)
  return {
    kind: 'bind',
    source: resolve(cwd, source),
    destination,
    readonly: ['true', '1'].includes(fields.get('readonly') ?? ''),
    createSource: false,
    ...(propagation === undefined ? {} : { propagation }),
  }
}

const aliases: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
}
const known: ReadonlySet<string> = new Set([
  'type',
  'source',
  'target',
  'readonly',
  'bind-propagation',
  'bind-recursive',
  'consistency',
  'tmpfs-size',
  'tmpfs-mode',
])

const tmpfsOptions = (fields: ReadonlyMap<string, string>): readonly string[] => {
  const size = fields.get('tmpfs-size')
  const mode = fields.get('tmpfs-mode')
  return [
    ...(size === undefined ? [] : [`size=${parseBytes('tmpfs-size', size)}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(fields.get('readonly') === 'true' ? ['ro'] : []),
  ]
}
