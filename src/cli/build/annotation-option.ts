import { formatPlatform, type Platform, parsePlatform } from '../../foundation/oci/index.ts'
import { usage } from '../images/parse-verb.ts'

/** One --annotation, or `annotation...` of an output. */
export interface AnnotationOption {
  readonly key: string
  readonly value: string
  /** Only for this platform. */
  readonly platform?: Platform
}

/** `[manifest[PLATFORM]:]KEY=VALUE`. Only manifests have annotations here: an image is for one platform. Throws `usage`. */
export const parseAnnotation = (text: string): readonly AnnotationOption[] => {
  const [name = '', value] = text.split(/=(.*)/s, 2)
  const [types = '', key] = name.split(/:(.*)/s, 2)
  if (value === undefined || name === '' || key === '') {
    throw usage('build', `--annotation ${JSON.stringify(text)}: expected KEY=VALUE`)
  }
  if (key === undefined) return [{ key: name, value }]
  return types.split(',').map((type) => ({ key, value, ...annotated('--annotation', text, type) }))
}

/** Of what an annotation is: `manifest`, `manifest[linux/amd64]`. Throws `usage` for what has none here. */
export const annotated = (flag: string, text: string, type: string): { readonly platform?: Platform } => {
  const match = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(type)
  const fail = (why: string, hint: string): never => {
    throw usage('build', `${flag} ${JSON.stringify(text)}: ${why}`, hint)
  }
  const kind = match?.[1]
  if (kind === 'index' || kind === 'index-descriptor' || kind === 'manifest-descriptor') {
    return fail(`a build for one platform has no ${kind} to annotate`, 'annotate the manifest: KEY=VALUE')
  }
  if (kind !== 'manifest') return fail(`unknown type ${JSON.stringify(type)}`, 'known types: manifest')
  return match?.[2] === undefined ? {} : { platform: parsePlatform(match[2]) }
}

/** Those that are for `platform`, by key; the last one counts. */
export const annotationsFor = (
  options: readonly AnnotationOption[],
  platform: Platform,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    options
      .filter((option) => !option.platform || formatPlatform(option.platform) === formatPlatform(platform))
      .map(({ key, value }) => [key, value]),
  )
