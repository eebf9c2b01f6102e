import { formatPlatform, hostPlatform, type Platform, parsePlatform } from '../../foundation/oci/index.ts'

/** `linux/arm64`, `local`; several with commas or repeated, each once. Empty for none. Throws `usage`. */
export const parsePlatforms = (texts: readonly string[]): readonly Platform[] => {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim())
  const platforms = words.filter((word) => word !== '').map(onePlatform)
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()]
}

const onePlatform = (word: string): Platform => (word === 'local' ? hostPlatform() : parsePlatform(word))
