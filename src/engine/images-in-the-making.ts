import type { Digest } from '../foundation/oci/index.ts'
import type { Held } from '../store/snapshot/index.ts'
import type { Store } from './store.ts'

/** Milliseconds from an image's record to its name, at the very most: a sync of the whole disk lies between. */
const untilNamed = 600_000

/**
 * May a running command be about to name this image? Whoever makes one, or finds it, touches its config. Its record must stay, or the
 * name would lead nowhere.
 */
export const isBeingMade = (
  { content }: Pick<Store, 'content'>,
  { id }: { readonly id: Digest },
  held: Held,
): boolean => {
  // No command that could make one is running.
  if (held.since === Number.POSITIVE_INFINITY) return false
  const used = content.usedAt(id) ?? 0
  return held.blobs.has(id) || (used >= held.since && Date.now() - used < untilNamed)
}
