import { AppError } from '../../foundation/errors/index.ts'
import {
  familiarName,
  formatPlatform,
  type Platform,
  parsePlatform,
  parseReference,
} from '../../foundation/oci/index.ts'
import type { Planning } from './planning.ts'
import type { ContextSource } from './types.ts'

/** A named context that stands for a stage or an image. */
export interface FoundContext {
  /** Key of `PlanRequest.contexts`. */
  readonly name: string
  readonly source: ContextSource
}

/**
 * Names of contexts as docker compares them: as image names, short, without `:latest`, with the platform after `::` when one
 * is said. So `alpine` and `docker.io/library/alpine:latest` are the same name.
 */
export const contextNamesOf = (
  contexts: ReadonlyMap<string, ContextSource> | undefined,
): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  for (const name of contexts?.keys() ?? []) {
    if (name === '') continue
    const [image = '', platform] = name.split('::')
    names.set(platform === undefined ? shortName(image) : platformName(image, platform), name)
  }
  return names
}

const platformName = (image: string, platform: string): string =>
  `${shortName(image)}::${orAsWritten(platform, () => formatPlatform(parsePlatform(platform)))}`

const shortName = (image: string): string =>
  orAsWritten(image, () => {
    const reference = parseReference(image)
    const tag = reference.tag === undefined || reference.tag === 'latest' ? '' : `:${reference.tag}`
    return `${familiarName(reference)}${tag}${reference.digest === undefined ? '' : `@${reference.digest}`}`
  })

/** A name that no image can have stays what it is: it still can be that of a stage. */
const orAsWritten = (text: string, normal: () => string): string => {
  try {
    return normal()
  } catch (error) {
    if (error instanceof AppError) return text
    throw error
  }
}

/** The context that replaces the stage or image of that name. `scratch` and `context` are never replaced. */
export const findContext = (
  planning: Planning,
  name: string,
  platform: Platform,
): FoundContext | undefined => {
  const { contextNames, request } = planning
  if (contextNames.size === 0 || ['scratch', 'context'].includes(name.toLowerCase())) return undefined
  const short = shortName(name)
  const key = contextNames.get(`${short}::${formatPlatform(platform)}`) ?? contextNames.get(short)
  const source = key === undefined ? undefined : request.contexts?.get(key)
  return key === undefined || source === undefined ? undefined : { name: key, source }
}
