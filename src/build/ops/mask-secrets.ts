type Stream = 'stdout' | 'stderr'

export interface SecretMask {
  /** What may be shown by now; bytes that may be the start of a secret wait for the next ones. */
  push(stream: Stream, chunk: Uint8Array): Uint8Array
  /** What is left at the end. */
  finish(stream: Stream): Uint8Array
}

/** Shorter ones are found by chance in harmless output. */
const shortest = 8

const stars = Buffer.from('***')

/**
 * Puts `***` in the place of secrets in the output of a step, wherever chunks break: each value as it is, and without the line
 * break at its end. Values under 8 bytes are let through.
 */
export const createSecretMask = (values: readonly Uint8Array[]): SecretMask => {
  const needles = needlesOf(values)
  const longest = needles[0]?.length ?? 0
  const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const flush = (stream: Stream, chunk: Uint8Array, final: boolean): Uint8Array => {
    if (longest === 0) return chunk
    const text = Buffer.concat([kept[stream], chunk])
    const shown: Uint8Array[] = []
    let from = 0
    for (let hit = firstHit(text, needles, from); hit; hit = firstHit(text, needles, from)) {
      // A longer secret that starts before the end of what is here may still come.
      if (!final && hit.at + longest > text.length && mayGrow(text, hit.at, needles, hit.length)) break
      shown.push(text.subarray(from, hit.at), stars)
      from = hit.at + hit.length
    }
    const end = final ? text.length : safeEnd(text, needles, from)
    shown.push(text.subarray(from, end))
    kept[stream] = Buffer.from(text.subarray(end))
    return Buffer.concat(shown)
  }
  return {
    push: (stream, chunk) => flush(stream, chunk, false),
    finish: (stream) => flush(stream, new Uint8Array(0), true),
  }
}

/** Longest first. */
const needlesOf = (values: readonly Uint8Array[]): readonly Buffer[] => {
  const texts = values.flatMap((value) => {
    const whole = Buffer.from(value)
    let end = whole.length
    while (end > 0 && (whole[end - 1] === 10 || whole[end - 1] === 13)) end--
    return whole.subarray(0, end)
  })
  return texts.filter((text) => text.length >= shortest).sort((a, b) => b.length - a.length)
}

const firstHit = (
  text: Buffer,
  needles: readonly Buffer[],
  from: number,
): { readonly at: number; readonly length: number } | undefined => {
  let found: { readonly at: number; readonly length: number } | undefined
  for (const needle of needles) {
    const at = text.indexOf(needle, from)
    if (at >= 0 && (!found || at < found.at)) found = { at, length: needle.length }
  }
  return found
}

/** Could what starts here be one of the longer secrets? */
const mayGrow = (text: Buffer, at: number, needles: readonly Buffer[], length: number): boolean =>
  needles.some((needle) => needle.length > length && isPrefix(text, at, needle))

const isPrefix = (text: Buffer, at: number, needle: Buffer): boolean => {
  const length = text.length - at
  return length < needle.length && text.compare(needle, 0, length, at) === 0
}

/** Where the first start of a possible secret at the end of the text lies. */
const safeEnd = (text: Buffer, needles: readonly Buffer[], from: number): number => {
  let end = text.length
  for (const needle of needles)
    for (let at = Math.max(from, text.length - needle.length + 1); at < end; at++)
      if (isPrefix(text, at, needle)) end = at
  return end
}
