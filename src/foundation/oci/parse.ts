import { AppError } from '../errors/index.ts'
import { parseDigest } from './digest.ts'
import type { Descriptor, ImageConfig, Index, Manifest } from './image-types.ts'
import { parseStrictJson } from './strict-json.ts'

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const bad = (what: string, why: string): never => {
  throw new AppError('bad-image', `parse ${what}: ${why}`)
}

const asObject = (what: string, value: unknown): Json =>
  isObject(value) ? value : bad(what, 'expected an object')

const parseJson = (what: string, text: string): Json => {
  try {
    return asObject(what, parseStrictJson(text))
  } catch (error) {
    if (error instanceof AppError) throw error
    return bad(what, `not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Checks digest, size, media type, annotations and platform; throws `bad-image` or `bad-digest`. */
export const parseDescriptor = (what: string, value: unknown): Descriptor => {
  const d = asObject(what, value)
  if (typeof d['mediaType'] !== 'string') bad(what, 'mediaType is not a string')
  if (typeof d['size'] !== 'number' || !Number.isSafeInteger(d['size']) || d['size'] < 0)
    bad(what, 'size is not a whole number')
  checkDigest(what, d['digest'])
  checkAnnotations(what, d)
  if (d['platform'] != null)
    checkTexts(`${what} platform`, asObject(`${what} platform`, d['platform']), [
      'os',
      'architecture',
      'variant',
    ])
  return d as unknown as Descriptor
}

/** A list that reads like a digest when it is made a string is none. */
const checkDigest = (what: string, value: unknown): void => {
  parseDigest(typeof value === 'string' ? value : bad(what, 'a digest is not a string'))
}

const checkTexts = (what: string, object: Json, keys: readonly string[]): void => {
  for (const key of keys) {
    if (object[key] != null && typeof object[key] !== 'string') bad(what, `${key} is not a string`)
  }
}

const checkAnnotations = (what: string, { annotations }: Json): void => {
  if (annotations == null) return
  if (Object.values(asObject(`${what} annotations`, annotations)).some((text) => typeof text !== 'string'))
    bad(what, 'an annotation is not a string')
}

const checkTextList = (what: string, key: string, list: unknown): void => {
  if (list == null) return
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string'))
    bad(what, `${key} is not a list of strings`)
}

const descriptors = (what: string, value: unknown): void => {
  if (!Array.isArray(value)) bad(what, 'expected a list')
  for (const item of value as unknown[]) parseDescriptor(what, item)
}

/** image-spec manifest.md. A document with both `layers` and `manifests` is refused (CVE-2021-41190). */
export const parseManifest = (text: string): Manifest => {
  const m = parseJson('manifest', text)
  if (m['schemaVersion'] !== 2) bad('manifest', 'schemaVersion is not 2')
  if ('manifests' in m) bad('manifest', 'it has "manifests": it is an index, or ambiguous')
  checkTexts('manifest', m, ['mediaType'])
  checkAnnotations('manifest', m)
  parseDescriptor('manifest config', m['config'])
  // Go's encoders write an empty list so.
  const layers = m['layers'] === null ? [] : m['layers']
  descriptors('manifest layers', layers)
  return { ...m, layers } as unknown as Manifest
}

/** image-spec image-index.md */
export const parseIndex = (text: string): Index => {
  const index = parseJson('index', text)
  if (index['schemaVersion'] !== 2) bad('index', 'schemaVersion is not 2')
  if ('layers' in index || 'config' in index)
    bad('index', 'it has "layers" or "config": it is a manifest, or ambiguous')
  checkTexts('index', index, ['mediaType'])
  checkAnnotations('index', index)
  descriptors('index manifests', index['manifests'])
  return index as unknown as Index
}

/** image-spec config.md. Only what this program relies on is checked; the rest stays as it is. */
export const parseImageConfig = (text: string): ImageConfig => {
  const c = parseJson('image config', text)
  if (typeof c['os'] !== 'string' || typeof c['architecture'] !== 'string')
    bad('image config', 'os or architecture is missing')
  const rootfs = asObject('image config rootfs', c['rootfs'])
  // docker leaves the list out where it is empty.
  const diffIds = rootfs['diff_ids'] ?? []
  if (rootfs['type'] !== 'layers' || !Array.isArray(diffIds))
    bad('image config', 'rootfs.diff_ids is no list')
  for (const diffId of diffIds as unknown[]) checkDigest('image config', diffId)
  if (c['config'] != null) checkContainerConfig(asObject('image config config', c['config']))
  checkTexts('image config', c, ['created', 'author', 'variant'])
  checkHistory(c['history'] ?? [])
  return { ...c, rootfs: { ...rootfs, diff_ids: diffIds } } as unknown as ImageConfig
}

const checkHistory = (history: unknown): void => {
  if (!Array.isArray(history)) bad('image config', 'history is not a list')
  for (const entry of history as unknown[])
    checkTexts('image config history', asObject('image config history', entry), [
      'created',
      'created_by',
      'author',
      'comment',
    ])
}

const checkContainerConfig = (config: Json): void => {
  for (const key of ['Env', 'Entrypoint', 'Cmd', 'OnBuild', 'Shell'])
    checkTextList('image config', key, config[key])
  checkTexts('image config', config, ['User', 'WorkingDir', 'StopSignal'])
  if (config['Healthcheck'] != null) checkHealth(asObject('image config Healthcheck', config['Healthcheck']))
  for (const key of ['Labels', 'Volumes', 'ExposedPorts']) {
    if (config[key] != null && !isObject(config[key])) bad('image config', `${key} is not an object`)
  }
  if (Object.values(config['Labels'] ?? {}).some((value) => typeof value !== 'string'))
    bad('image config', 'a label is not a string')
}

const checkHealth = (check: Json): void => {
  checkTextList('image config', 'Healthcheck.Test', check['Test'])
  for (const key of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'])
    if (check[key] != null && typeof check[key] !== 'number')
      bad('image config', `Healthcheck.${key} is not a number`)
}
