import { AppError } from '../../foundation/errors/index.ts'
import { type Descriptor, digestOf, type ImageConfig, type Manifest } from '../../foundation/oci/index.ts'

/**
 * image-spec manifest.md, config.md: the manifest names these very bytes of config, and as many layers as the config. Throws
 * `bad-image`.
 */
export const checkDocuments = (
  manifest: Manifest,
  config: ImageConfig,
  raw: { readonly config: Uint8Array },
): void => {
  const fail = (why: string): never => {
    throw new AppError('bad-image', `adopt image: ${why}`)
  }
  const named: Descriptor = manifest.config
  const found = digestOf(raw.config)
  if (named.digest !== found) fail(`the config has digest ${found}, the manifest says ${named.digest}`)
  if (named.size !== raw.config.length)
    fail(`the config has ${raw.config.length} bytes, the manifest says ${named.size}`)
  if (manifest.layers.length !== config.rootfs.diff_ids.length) {
    fail(
      `the manifest has ${manifest.layers.length} layers, the config ${config.rootfs.diff_ids.length} diff ids`,
    )
  }
}
