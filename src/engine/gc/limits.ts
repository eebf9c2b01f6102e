/** How much a store may take, in bytes. None of it is a promise for containers and volumes, which are not counted. */
export interface SpaceLimits {
  /** So much is always kept. */
  readonly reserved?: number
  /** At most so much is used. */
  readonly maxUsed?: number
  /** So much of the disk is to be free afterwards. */
  readonly minFree?: number
}

/**
 * Bytes that the store may use under these limits, with `used` of them used and `free` left on the disk now: the tightest of the
 * upper limits, but never below what is reserved. Without limits nothing may be kept.
 */
export const allowedBytes = (
  { reserved = 0, maxUsed, minFree }: SpaceLimits,
  { used, free }: { readonly used: number; readonly free: number },
): number => {
  const upper = [
    ...(maxUsed === undefined ? [] : [maxUsed]),
    ...(minFree === undefined ? [] : [used - Math.max(0, minFree - free)]),
  ]
  return Math.max(reserved, upper.length === 0 ? reserved : Math.min(...upper))
}
