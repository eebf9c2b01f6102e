import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import { familiarName, type Platform, parseReference, platformOf } from '../../foundation/oci/index.ts'
import type { Image } from '../../store/image/index.ts'
import type { Store } from '../store.ts'
import { wrongPlatform } from '../wrong-platform.ts'

/** The image of a name, for `platform` where there are several. Throws `no-such-image`. */
export const findImage = (store: Store, name: string, platform?: Platform): Image => {
  // What it is for is looked at later: it may be the one image of that name.
  const image = store.images.resolve(name, platform) ?? store.images.resolve(name)
  if (image) return image
  const known = store.images.names().flatMap((record) => {
    const reference = parseReference(record.name)
    const familiar = familiarName(reference)
    return [familiar, `${familiar}:${reference.tag ?? 'latest'}`]
  })
  // An image that lost a part still has its names.
  const near = suggest(
    name,
    known.filter((other) => other !== name),
  )
  throw new AppError('no-such-image', `find image ${JSON.stringify(name)}: it is not in the store`, {
    exitCode: exitCode.engine,
    hint: near
      ? `did you mean ${near}?`
      : 'build it with tsbuild, or bring it in with tsbuild load or tsbuild import',
  })
}

/** Throws `wrong-platform`. */
export const requirePlatform = ({ config }: Image, name: string, wanted: Platform): void => {
  if (config.os === wanted.os && config.architecture === wanted.architecture) return
  throw wrongPlatform(`run ${name}`, wanted, [platformOf(config)], exitCode.engine)
}
