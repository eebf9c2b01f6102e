import { formatPlatform, hostPlatform, type Platform, parsePlatform } from '../../foundation/oci/index.ts'
import { usage } from '../images/parse-verb.ts'

/** `linux/arm64`, `local`; several, with commas or repeated, must be the same one. Undefined for none. Throws `usage`. */
export const parsePlatforms = (texts: readonly string[]): Platform | undefined => {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim())
  const platforms = words.filter((word) => word !== '').map(onePlatform)
  const [first] = platforms
  if (first && platforms.some((platform) => formatPlatform(platform) !== formatPlatform(first))) {
    throw usage(
      'build',
      `--platform ${words.join(',')}: a build is for one platform`,
      'build each of them by itself, under different names',
    )
  }
  return first
}

const onePlatform = (word: string): Platform => (word === 'local' ? hostPlatform() : parsePlatform(word))
