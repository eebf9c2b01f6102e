import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type BuildOptions, type CacheSource, type CacheTarget, cacheCases } from '../../engine/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { isDigest, parseReference } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'
import { splitFields } from '../csv-line.ts'
import { usage } from '../images/parse-verb.ts'
import { booleanOf } from '../value-forms.ts'
import { checkKeys, keyValues, shown } from './fields.ts'

/** Caches besides the store's own. */
export type CacheOptions = Pick<BuildOptions, 'cacheFrom' | 'cacheTo' | 'cacheKey'>

/**
 * --cache-from and --cache-to in docker's words: `type=registry,ref=NAME`, `type=local,src=DIR` or `dest=DIR`, `type=inline`; words
 * without `=` are names. With them the key of TSBUILD_CACHE_KEY, or of the file TSBUILD_CACHE_KEY_FILE. Throws `usage`,
 * `bad-reference`, `bad-cache-key`.
 */
export const parseCaches = async (
  from: readonly string[],
  to: readonly string[],
  cli: CliContext,
): Promise<CacheOptions> => {
  const sources = from.flatMap((text) => parseSource(text, cli))
  const targets = to.flatMap((text) => parseTarget(text, cli))
  if (sources.length + targets.length === 0) return {}
  const { parseCacheKey, parseCompression } = await cacheCases()
  const key = keyOf(cli)
  return {
    cacheFrom: sources,
    cacheTo: targets.map(({ compression, level, ...target }) => ({
      ...target,
      ...(compression === undefined && level === undefined
        ? {}
        : { compression: parseCompression(compression, level) }),
    })),
    ...(key && { cacheKey: parseCacheKey(key.text, key.from) }),
  }
}

/** What `tsbuild cache` needs of the same. */
export const keyOf = ({
  env,
  cwd,
}: Pick<CliContext, 'env' | 'cwd'>): { readonly text: string; readonly from: string } | undefined => {
  const [text, file] = [env['TSBUILD_CACHE_KEY'], env['TSBUILD_CACHE_KEY_FILE']]
  if (text) return { text, from: 'TSBUILD_CACHE_KEY' }
  if (!file) return undefined
  try {
    return { text: readFileSync(resolve(cwd, file), 'utf8'), from: file }
  } catch (cause) {
    throw new AppError('bad-cache-key', `read the cache key: ${file}: ${errnoOf(cause) ?? String(cause)}`, {
      exitCode: exitCode.usage,
      hint: 'TSBUILD_CACHE_KEY_FILE names the file',
      cause,
    })
  }
}

const types = ['registry', 'local', 'inline']
/** Services that no store of ours speaks to. `gha` needs variables of its runner, without which docker leaves it out in silence. */
const foreign = ['s3', 'azblob']

interface Fields {
  readonly option: string
  readonly type: string
  readonly values: ReadonlyMap<string, string>
}

/** Undefined for words without `=`, which are names. */
const fieldsOf = (flag: string, text: string): Fields | undefined => {
  const option = shown(flag, text)
  if (splitFields(text).every((field) => !field.includes('='))) return undefined
  const values = keyValues(option, text)
  const type = values.get('type')
  if (type === undefined)
    throw usage('build', `${option}: type is missing`, 'for example type=registry,ref=NAME')
  if (types.includes(type) || type === 'gha') return { option, type, values }
  throw usage(
    'build',
    `${option}: unknown type ${JSON.stringify(type)}`,
    foreign.includes(type) ? 'use type=registry or type=local' : `known types: ${types.join(', ')}`,
  )
}

const namesIn = (text: string): readonly string[] => splitFields(text).filter((name) => name !== '')

const registryAt = (name: string): Extract<CacheSource, { kind: 'registry' }> => {
  parseReference(name)
  return { kind: 'registry', reference: name }
}

const needed = ({ option, type, values }: Fields, key: string): string => {
  const value = values.get(key)
  if (value) return value
  throw usage('build', `${option}: type=${type} requires ${key}`)
}

const parseSource = (text: string, cli: CliContext): readonly CacheSource[] => {
  const fields = fieldsOf('--cache-from', text)
  if (fields?.type === 'gha') return []
  if (!fields) return namesIn(text).map(registryAt)
  const { option, type, values } = fields
  if (type === 'inline')
    throw usage('build', `${option}: expected registry or local`, 'name the image: type=registry,ref=NAME')
  if (type === 'registry') {
    checkKeys(option, values.keys(), ['type', 'ref', 'registry.insecure'])
    return [registryAt(needed(fields, 'ref'))]
  }
  checkKeys(option, values.keys(), ['type', 'src', 'tag', 'digest'])
  const digest = values.get('digest')
  if (digest !== undefined && !isDigest(digest)) throw usage('build', `${option}: digest is none`)
  const directory = resolve(cli.cwd, needed(fields, 'src'))
  return [{ kind: 'local', directory, tag: values.get('tag') || 'latest', ...(digest ? { digest } : {}) }]
}

interface TargetWords extends Omit<CacheTarget, 'compression'> {
  readonly compression?: string | undefined
  readonly level?: string | undefined
}

const plain = { mode: 'min', ignoreError: false, force: false, keepOld: false } as const

const common = [
  'type',
  'mode',
  'ignore-error',
  'compression',
  'compression-level',
  'force-compression',
  'oci-mediatypes',
  'image-manifest',
]

const parseTarget = (text: string, cli: CliContext): readonly TargetWords[] => {
  const fields = fieldsOf('--cache-to', text)
  if (fields?.type === 'gha') return []
  if (!fields) return namesIn(text).map((name) => ({ ...plain, address: registryAt(name) }))
  const { option, type, values } = fields
  const own = { registry: ['ref', 'registry.insecure'], local: ['dest', 'tag', 'keep-old'], inline: [] }
  checkKeys(option, values.keys(), [...common, ...(type === 'registry' || type === 'local' ? own[type] : [])])
  const mode = values.get('mode') ?? 'min'
  if (mode !== 'min' && mode !== 'max') throw usage('build', `${option}: mode=${mode}: expected min or max`)
  const isOn = (key: string): boolean => {
    const value = booleanOf(values.get(key) ?? 'false')
    if (value === undefined) throw usage('build', `${option}: ${key}: expected true or false`)
    return value
  }
  return [
    {
      address: addressOf(fields, cli),
      mode,
      ignoreError: isOn('ignore-error'),
      force: isOn('force-compression'),
      keepOld: isOn('keep-old'),
      compression: values.get('compression'),
      level: values.get('compression-level'),
    },
  ]
}

const addressOf = (fields: Fields, cli: CliContext): CacheTarget['address'] => {
  if (fields.type === 'inline') return { kind: 'inline' }
  if (fields.type === 'registry') return registryAt(needed(fields, 'ref'))
  const directory = resolve(cli.cwd, needed(fields, 'dest'))
  return { kind: 'local', directory, tag: fields.values.get('tag') || 'latest' }
}
