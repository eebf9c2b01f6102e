import type { Platform } from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'

/** When an image is asked for at its registry: never, when it is not in the store, or each time. */
export type PullPolicy = 'always' | 'missing' | 'never'

/** Is the image to be pulled before it is used? What is no name of an image is not. */
export const needsPull = (
  store: Pick<Store, 'images'>,
  text: string,
  policy: PullPolicy,
  platform?: Platform,
): boolean => {
  if (policy === 'never' || /^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return false
  return policy === 'always' || store.images.resolve(text, platform) === undefined
}
