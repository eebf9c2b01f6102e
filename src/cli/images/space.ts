import type { SpaceLimits } from '../../engine/index.ts'
import { bytesOf } from '../value-forms.ts'
import { usage } from './parse-verb.ts'

export interface SpaceOptions {
  readonly reservedSpace?: string
  readonly keepStorage?: string
  readonly maxUsedSpace?: string
  readonly minFreeSpace?: string
}

/** `10GB`, `512m`, or of the disk that the store lies on `20%`. Undefined for text that is neither. */
export const spaceOf = (text: string, total: number): number | undefined => {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1]
  if (percent !== undefined)
    return Number(percent) > 100 ? undefined : Math.floor((total * Number(percent)) / 100)
  return bytesOf(text)
}

/** The limits that the flags set; undefined without any. Throws `usage`. */
export const spaceLimits = (verb: string, options: SpaceOptions, total: number): SpaceLimits | undefined => {
  const read = (flag: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined
    const bytes = spaceOf(text, total)
    if (bytes === undefined)
      throw usage(verb, `--${flag} ${JSON.stringify(text)}: expected a size such as 10GB, or 20% of the disk`)
    return bytes
  }
  const reserved = read('reserved-space', options.reservedSpace) ?? read('keep-storage', options.keepStorage)
  const maxUsed = read('max-used-space', options.maxUsedSpace)
  const minFree = read('min-free-space', options.minFreeSpace)
  if (reserved === undefined && maxUsed === undefined && minFree === undefined) return undefined
  return {
    ...(reserved === undefined ? {} : { reserved }),
    ...(maxUsed === undefined ? {} : { maxUsed }),
    ...(minFree === undefined ? {} : { minFree }),
  }
}
