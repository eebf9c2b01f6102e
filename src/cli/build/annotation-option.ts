import type { IndexAnnotation } from '../../engine/index.ts'
import { formatPlatform, type Platform, parsePlatform } from '../../foundation/oci/index.ts'
import { usage } from '../images/parse-verb.ts'

/** One --annotation, or `annotation...` of an output. */
export interface AnnotationOption {
  readonly key: string
  readonly value: string
  readonly on: IndexAnnotation['on']
  /** Only for this platform. */
  readonly platform?: Platform
}

/** `[TYPE[PLATFORM][,TYPE]:]KEY=VALUE`; a type is manifest, index, manifest-descriptor or index-descriptor. Throws `usage`. */
export const parseAnnotation = (text: string): readonly AnnotationOption[] => {
  const [name = '', value] = text.split(/=(.*)/s, 2)
  const [types = '', key] = name.split(/:(.*)/s, 2)
  if (value === undefined || name === '' || key === '') {
    throw usage('build', `--annotation ${JSON.stringify(text)}: expected KEY=VALUE`)
  }
  if (key === undefined) return [{ key: name, value, on: 'manifest' }]
  return types.split(',').map((type) => ({ key, value, ...annotated('--annotation', text, type) }))
}

/** Of what an annotation is: `manifest`, `manifest[linux/amd64]`, `index`. Throws `usage` for what has none here. */
export const annotated = (
  flag: string,
  text: string,
  type: string,
): Pick<AnnotationOption, 'on' | 'platform'> => {
  const match = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(type)
  const on = types.find((known) => known === match?.[1])
  if (!on) {
    throw usage(
      'build',
      `${flag} ${JSON.stringify(text)}: unknown type ${JSON.stringify(type)}`,
      `known types: ${types.join(', ')}`,
    )
  }
  return match?.[2] === undefined ? { on } : { on, platform: parsePlatform(match[2]) }
}

const types = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const

/** A build for one platform has no index. Throws `usage` for annotations of one. */
export const refuseIndexAnnotations = (options: readonly AnnotationOption[]): void => {
  const other = options.find(({ on }) => on.startsWith('index'))
  if (!other) return
  throw usage(
    'build',
    `annotation ${other.on}:${other.key}: a build for one platform has no ${other.on} to annotate`,
    'annotate the manifest (KEY=VALUE), or build for several platforms',
  )
}

/** Those of one kind that are for `platform`, by key; the last one counts. */
export const annotationsFor = (
  options: readonly AnnotationOption[],
  wanted: AnnotationOption['on'],
  platform?: Platform,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    options
      .filter(({ on, platform: only }) => on === wanted && (!only || (platform && isSame(only, platform))))
      .map(({ key, value }) => [key, value]),
  )

const isSame = (a: Platform, b: Platform): boolean => formatPlatform(a) === formatPlatform(b)
