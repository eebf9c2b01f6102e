import type { Workshop } from './workshop.ts'

/** Milliseconds that unpacking would take at the least, so that mounting an image is quicker for many mounts. */
const worthwhile = 40
const perEntry = 0.025
const perMebibyte = 0.5

/** Is a layer of so many entries and bytes of tar better mounted as an image over its tar than unpacked? */
export const isBetterMounted = (
  { images }: Pick<Workshop, 'images'>,
  { entries, tarSize }: { readonly entries: number; readonly tarSize: number },
): boolean =>
  images === 'always' ||
  (images === 'worthwhile' && entries * perEntry + (tarSize / 2 ** 20) * perMebibyte >= worthwhile)
