/** Why the bytes of a file are not the same twice. */
export type Cause = 'date' | 'order' | 'host' | 'path' | 'pid' | 'random'

/** What was different between the two builds. */
export interface Circumstances {
  readonly hostnames: readonly string[]
  /** Seconds since the epoch: when the first build began, and when the second one was done. */
  readonly begin: number
  readonly end: number
}

export interface Explained {
  readonly cause: Cause
  /** What is in the one and in the other, where that can be shown. */
  readonly sample?: readonly [string, string]
}

/** Compares two contents that differ, and says what of the circumstances is in them. A guess, but one with an example. */
export const explainContent = (a: Buffer, b: Buffer, circumstances: Circumstances): Explained => {
  const header = headerTime(a, b)
  if (header) return header
  if (isText(a) && isText(b)) return explainText(a.toString('utf8'), b.toString('utf8'), circumstances)
  return explainBytes(a, b, circumstances)
}

/** Formats that have the time of something in a fixed place: gzip (RFC 1952) and compiled Python (PEP 552). */
const headerTime = (a: Buffer, b: Buffer): Explained | undefined => {
  const isGzip = [a, b].every((bytes) => bytes.length > 18 && bytes.readUInt16BE(0) === 0x1f8b)
  if (isGzip && sameBut(a, b, 4, 8)) return { cause: 'date', sample: timesAt(a, b, 4) }
  const isPython = [a, b].every((bytes) => bytes.length > 16 && bytes.readUInt16LE(2) === 0x0a0d)
  if (isPython && a.readUInt32LE(4) === 0 && sameBut(a, b, 8, 12))
    return { cause: 'date', sample: timesAt(a, b, 8) }
  return undefined
}

const sameBut = (a: Buffer, b: Buffer, from: number, to: number): boolean =>
  a.length === b.length &&
  a.subarray(0, from).equals(b.subarray(0, from)) &&
  a.subarray(to).equals(b.subarray(to))

const timesAt = (a: Buffer, b: Buffer, offset: number): readonly [string, string] => [
  timeText(a.readUInt32LE(offset)),
  timeText(b.readUInt32LE(offset)),
]

const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString()

const isText = (bytes: Buffer): boolean => !bytes.subarray(0, 8192).includes(0)

const explainText = (a: string, b: string, circumstances: Circumstances): Explained => {
  const [before, after] = [a.split('\n'), b.split('\n')]
  if (before.length === after.length && before.toSorted().join('\n') === after.toSorted().join('\n'))
    return { cause: 'order', sample: firstPair(before, after) }
  const found: Explained[] = []
  for (const [line, text] of before.entries()) {
    const other = after[line] ?? ''
    if (text !== other && found.length < maxFindings) found.push(explainLine(text, other, circumstances))
  }
  return worst(found)
}

const maxFindings = 1000

const firstPair = (a: readonly string[], b: readonly string[]): readonly [string, string] => {
  const at = a.findIndex((line, position) => line !== b[position])
  return [shorten(a[at] ?? ''), shorten(b[at] ?? '')]
}

/** By what is between the common beginning and the common end, with the words that it is part of. */
const explainLine = (a: string, b: string, circumstances: Circumstances): Explained => {
  const [before, after] = differingWords(a, b)
  const sample = [shorten(before), shorten(after)] as const
  const both = (holds: (text: string) => boolean): boolean => holds(before) && holds(after)
  const { hostnames, begin, end } = circumstances
  if (both((text) => hostnames.some((name) => text.includes(name)))) return { cause: 'host', sample }
  if (both((text) => isDate(text, begin, end))) return { cause: 'date', sample }
  if (isCounter(before, after)) return { cause: 'pid', sample }
  if (both((text) => text.includes('/'))) return { cause: 'path', sample }
  return { cause: 'random', sample }
}

const differingWords = (a: string, b: string): readonly [string, string] => {
  const length = Math.min(a.length, b.length)
  let start = 0
  while (start < length && a[start] === b[start]) start++
  let end = 0
  while (end < length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  while (start > 0 && /\S/.test(a[start - 1] ?? '')) start--
  while (end > 0 && /\S/.test(a[a.length - end] ?? '')) end--
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)]
}

const months = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b/

const isDate = (text: string, begin: number, end: number): boolean => {
  if (dateForms.test(text) || months.test(text)) return true
  const isThen = (seconds: number): boolean => seconds >= begin - 1 && seconds <= end + 1
  // Headers of tar have octal digits.
  return [...text.matchAll(/\d{10,19}/g)].some(
    ([digits]) =>
      isThen(Number(digits.slice(0, 10))) ||
      (/^[0-7]{11}$/.test(digits) && isThen(Number.parseInt(digits, 8))),
  )
}

const dateForms =
  /(?<!\d)(?:\d{4}-\d{2}-\d{2}|(?:19|20)\d{2}[01]\d[0-3]\d)(?!\d)|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)/

/** One number in the same place of the same text. */
const isCounter = (a: string, b: string): boolean =>
  [a, b].every((text) => /^\D*\d{1,7}\D*$/.test(text)) && a.replace(/\d+/, '#') === b.replace(/\d+/, '#')

/** Binary files: seconds since the epoch, in either byte order, or text in between. */
const explainBytes = (a: Buffer, b: Buffer, circumstances: Circumstances): Explained => {
  if (a.length !== b.length) {
    return { cause: containsAny(a, circumstances.hostnames) ? 'host' : 'random' }
  }
  const found: Explained[] = []
  for (let at = 0; at < a.length && found.length < maxFindings; at++) {
    if (a[at] === b[at]) continue
    found.push(explainWord(a, b, at, circumstances))
    // What belongs to one number or word is one finding.
    at += 7
  }
  return worst(found)
}

const explainWord = (a: Buffer, b: Buffer, at: number, circumstances: Circumstances): Explained => {
  const { begin, end, hostnames } = circumstances
  const isTime = (seconds: number): boolean => seconds >= begin - 1 && seconds <= end + 1
  for (let start = Math.max(0, at - 3); start <= at && start + 4 <= a.length; start++) {
    for (const read of [(x: Buffer) => x.readUInt32LE(start), (x: Buffer) => x.readUInt32BE(start)])
      if (isTime(read(a)) && isTime(read(b)))
        return { cause: 'date', sample: [timeText(read(a)), timeText(read(b))] }
  }
  const around = (bytes: Buffer): string => printableAround(bytes, at)
  const [before, after] = [around(a), around(b)]
  if (hostnames.some((name) => before.includes(name))) return { cause: 'host', sample: [before, after] }
  if (before.length > 3) return explainLine(before, after, circumstances)
  return { cause: 'random' }
}

const printableAround = (bytes: Buffer, at: number): string => {
  const window = bytes.subarray(Math.max(0, at - 40), at + 40).toString('latin1')
  const middle = Math.min(40, at)
  const start = window.slice(0, middle).search(/[\x20-\x7e]*$/)
  const rest = /^[\x20-\x7e]*/.exec(window.slice(middle))?.[0] ?? ''
  return window.slice(start, middle) + rest
}

const containsAny = (bytes: Buffer, texts: readonly string[]): boolean =>
  texts.some((text) => bytes.includes(text))

/** The one that is hardest to get rid of: a file with a date and random bytes is not mended by fixing the date. */
const worst = (found: readonly Explained[]): Explained => {
  const order: readonly Cause[] = ['random', 'path', 'pid', 'host', 'order', 'date']
  for (const cause of order) {
    const one = found.find((each) => each.cause === cause)
    if (one) return one
  }
  return { cause: 'random' }
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)
