import { suggest } from '../../foundation/errors/index.ts'
import { splitFields } from '../csv-line.ts'
import { usage } from '../images/parse-verb.ts'
import { booleanOf } from '../value-forms.ts'
import { type AnnotationOption, annotated } from './annotation-option.ts'
import { keyValues, shown } from './fields.ts'

const types = ['oci', 'docker', 'tar', 'local', 'image', 'cacheonly'] as const
type OutputType = (typeof types)[number]

/** What --output asks for. The image itself is in the store in any case, except for `cacheonly`. */
export interface OutputOption {
  readonly type: OutputType
  /** A path, or `-` for standard output; undefined for what only goes into the store. */
  readonly dest: string | undefined
  /** `tar=false` of type oci: a directory instead of an archive. */
  readonly directory: boolean
  /** `name=`: further names of the image. */
  readonly names: readonly string[]
  readonly annotations: readonly AnnotationOption[]
  /** Files of new layers are not newer than SOURCE_DATE_EPOCH. */
  readonly rewriteTimestamp: boolean
  /** Of type oci: how layers are written; as they are when it is absent. */
  readonly compression?: Omit<PushOption, 'byDigest'>
  /** The image goes to the registries of its names too. */
  readonly push?: PushOption
}

/** How layers go out; what is not said is decided when they do. */
export interface PushOption {
  readonly compression?: string
  readonly level?: string
  /** Layers that came compressed are compressed again. */
  readonly force?: boolean
  readonly byDigest?: boolean
}

/**
 * `type=oci,dest=image.tar`; a path alone is a directory; `-` is a tar on standard output. Keys are docker's. Throws `usage` for
 * what is unknown and for what needs a registry or compressed layers.
 */
export const parseOutput = (text: string): OutputOption => {
  if (text === '-') return { ...nothing, type: 'tar', dest: '-' }
  if (splitFields(text).length === 1 && !/^(?:type|dest)=/.test(text)) {
    return { ...nothing, type: 'local', dest: text }
  }
  const fields = keyValues(shown('--output', text), text)
  const type = typeOf(text, fields.get('type') ?? 'local')
  for (const [key, value] of fields) checkField(text, type, key, value)
  const directory = type === 'oci' && booleanOf(fields.get('tar') ?? 'true') === false
  const names = (fields.get('name') ?? '').split(',').filter((name) => name !== '')
  return {
    type,
    dest: destinationOf(text, type, directory, fields.get('dest')),
    directory,
    names,
    annotations: annotationsOf(text, fields),
    rewriteTimestamp: isOn(fields.get('rewrite-timestamp')),
    ...(isPush(type, fields) && { push: pushOption(fields) }),
    ...(type === 'oci' &&
      compressionKeys.some((key) => fields.has(key)) && { compression: pushOption(fields) }),
  }
}

const compressionKeys = ['compression', 'compression-level', 'force-compression'] as const

const isPush = (type: OutputType, fields: ReadonlyMap<string, string>): boolean =>
  type === 'image' && (fields.get('type') === 'registry' || isOn(fields.get('push')))

const pushOption = (fields: ReadonlyMap<string, string>): PushOption => {
  const compression = fields.get('compression')
  const level = fields.get('compression-level')
  return {
    ...(compression ? { compression } : {}),
    ...(level ? { level } : {}),
    ...(isOn(fields.get('force-compression')) && { force: true }),
    ...(isOn(fields.get('push-by-digest')) && { byDigest: true }),
  }
}

const nothing = { directory: false, names: [], annotations: [], rewriteTimestamp: false } as const

/** Given, and not turned off. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && booleanOf(value || 'true') === true

const fail = (text: string, why: string, hint: string): never => {
  throw usage('build', `--output ${JSON.stringify(text)}: ${why}`, hint)
}

const typeOf = (text: string, wanted: string): OutputType => {
  // An image that is pushed.
  if (wanted === 'registry') return 'image'
  const type = types.find((known) => known === wanted)
  if (type) return type
  const near = suggest(wanted, types)
  return fail(
    text,
    `unknown type ${JSON.stringify(wanted)}`,
    near ? `did you mean ${near}?` : `known types: ${types.join(', ')}`,
  )
}

const destinationOf = (
  text: string,
  type: OutputType,
  directory: boolean,
  dest: string | undefined,
): string | undefined => {
  if (type === 'image' || type === 'cacheonly') {
    return dest
      ? fail(text, `type ${type} has no dest`, 'an archive has one: type=docker or type=oci')
      : undefined
  }
  if (type === 'docker') return dest || undefined
  if (type !== 'local' && !directory) return dest || '-'
  return !dest || dest === '-' ? fail(text, 'dest is missing', 'add dest=DIRECTORY') : dest
}

type Check = (value: string) => string | undefined

/** Keys that are taken, and what is wrong with a value; a key that is not in here is unknown. */
const anything: Check = () => undefined
const only =
  (expected: boolean, why: string): Check =>
  (value) =>
    booleanOf(value === '' ? 'true' : value) === expected ? undefined : why
const imageKeys: Readonly<Record<string, Check>> = {
  name: anything,
  'name-canonical': anything,
  'dangling-name-prefix': anything,
  'oci-mediatypes': only(true, 'media types are those of OCI'),
  'oci-artifact': anything,
  'rewrite-timestamp': (value) =>
    booleanOf(value || 'true') === undefined ? 'expected true or false' : undefined,
  'force-compression': anything,
  'compression-level': anything,
  compression: (value) =>
    value === 'uncompressed' ? undefined : 'layers are written uncompressed; type=oci can compress them',
  unpack: anything,
  store: anything,
  'registry.insecure': anything,
  buildinfo: anything,
  context: anything,
}
const compressionChecks: Readonly<Record<string, Check>> = {
  compression: (value) =>
    /^(?:gzip|zstd|uncompressed|none)$/.test(value) ? undefined : 'expected gzip, zstd or uncompressed',
  'compression-level': (value) => (/^\d{1,2}$/.test(value) ? undefined : 'expected a number'),
}
const keysOf: Readonly<Record<OutputType, Readonly<Record<string, Check>>>> = {
  image: {
    ...imageKeys,
    ...compressionChecks,
    'push-by-digest': anything,
    push: anything,
  },
  docker: imageKeys,
  oci: { ...imageKeys, ...compressionChecks, tar: anything },
  local: { 'platform-split': anything, mode: anything },
  tar: { 'platform-split': anything },
  cacheonly: {},
}

const checkField = (text: string, type: OutputType, key: string, value: string): void => {
  if (key === 'type' || key === 'dest' || isAnnotation(key)) return
  const known = keysOf[type]
  const check = Object.hasOwn(known, key) ? known[key] : undefined
  if (!check) {
    const near = suggest(key, Object.keys(known))
    fail(
      text,
      `unknown key ${JSON.stringify(key)} of type ${type}`,
      near ? `did you mean ${near}?` : `known keys: ${['type', 'dest', ...Object.keys(known)].join(', ')}`,
    )
  }
  const problem = check?.(value)
  if (problem !== undefined) fail(text, `${key}=${value}: ${problem}`, `leave ${key} out`)
}

const isAnnotation = (key: string): boolean => /^annotation(?:-[a-z-]+)?(?:\[[^\]]*\])?\./.test(key)

const annotationsOf = (text: string, fields: ReadonlyMap<string, string>): readonly AnnotationOption[] =>
  [...fields].flatMap(([name, value]) => {
    if (!isAnnotation(name)) return []
    const [, kind = '', key = ''] = /^annotation(?:-([^.]*?))?(?:(?=\[)|\.)(.*)$/s.exec(name) ?? []
    const [, platform, rest] = /^(\[[^\]]*\])\.(.*)$/s.exec(key) ?? [undefined, '', key]
    const type = `${kind === '' ? 'manifest' : kind}${platform ?? ''}`
    return [{ key: rest ?? '', value, ...annotated('--output', text, type) }]
  })
