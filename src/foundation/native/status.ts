import { InternalError } from '../errors/index.ts'

/** One line of the helper on its control socket. */
export type HelperEvent =
  | { readonly event: 'started'; readonly pid: number; readonly stubs: readonly string[] }
  /** All is mounted; a byte lets it go on. */
  | { readonly event: 'mounted'; readonly pid: number }
  | { readonly event: 'warning'; readonly message: string }
  | {
      readonly event: 'error'
      readonly step: string
      readonly errno: string
      readonly arg: string
      /** libc's words for the errno. */
      readonly text: string
    }
  | { readonly event: 'exit'; readonly code: number; readonly signal?: number; readonly oomKilled: boolean }
  /** What was started goes on without the caller, who ends with this code. */
  | { readonly event: 'detached'; readonly code: number }
  /** So many bytes follow behind the line. */
  | { readonly event: 'bytes'; readonly kind: string; readonly size: number }
  /** The end of one of several containers. */
  | {
      readonly event: 'done'
      readonly scanned: boolean
      readonly networkUsed: boolean
      readonly kept: boolean
    }

/** Parses one JSON line. Throws `InternalError` for anything else than a known event. */
export const parseHelperEvent = (line: string): HelperEvent => {
  const value = parseObject(line)
  switch (value['event']) {
    case 'started':
      return { event: 'started', pid: number(value, 'pid'), stubs: strings(value['stubs']) }
    case 'mounted':
      return { event: 'mounted', pid: number(value, 'pid') }
    case 'warning':
      return { event: 'warning', message: text(value, 'message') }
    case 'error':
      return {
        event: 'error',
        step: text(value, 'step'),
        errno: text(value, 'errno'),
        arg: text(value, 'arg'),
        text: text(value, 'text'),
      }
    case 'detached':
      return { event: 'detached', code: number(value, 'code') }
    case 'bytes':
      return { event: 'bytes', kind: text(value, 'kind'), size: number(value, 'size') }
    case 'done':
      return {
        event: 'done',
        scanned: value['scanned'] === true,
        // Whoever does not say it has none that is as it was.
        networkUsed: value['networkUsed'] !== false,
        kept: value['kept'] === true,
      }
    case 'exit': {
      const signal = number(value, 'signal')
      const status = {
        event: 'exit',
        code: number(value, 'code'),
        oomKilled: value['oomKilled'] === true,
      } as const
      return signal > 0 ? { ...status, signal } : status
    }
    default:
      throw new InternalError(`parse event of the helper: ${line}`)
  }
}

/**
 * Splits a byte stream into lines and parses them; an incomplete last line is kept for the next call. Bytes behind a line that
 * announces them go to `onBytes`, some at a time; they are the chunk's own memory.
 */
export const createEventReader = (
  onEvent: (event: HelperEvent) => void,
  onBytes: (kind: string, bytes: Buffer) => void = () => undefined,
): ((chunk: Uint8Array) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  let announced = { kind: '', size: 0 }
  const takeBytes = (): void => {
    const part = rest.subarray(0, announced.size)
    rest = rest.subarray(part.length)
    announced = { ...announced, size: announced.size - part.length }
    onBytes(announced.kind, part)
  }
  return (chunk) => {
    rest = Buffer.concat(rest.length === 0 ? [chunk] : [rest, chunk])
    while (rest.length > 0) {
      if (announced.size > 0) {
        takeBytes()
        continue
      }
      const end = rest.indexOf(10)
      if (end < 0) return
      const event = parseHelperEvent(rest.toString('utf8', 0, end))
      rest = rest.subarray(end + 1)
      if (event.event === 'bytes') announced = event
      else onEvent(event)
    }
  }
}

type Fields = Readonly<Record<string, unknown>>

const parseObject = (line: string): Fields => {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Fields
  } catch (error) {
    throw new InternalError(`parse event of the helper: ${line}`, error)
  }
  throw new InternalError(`parse event of the helper: ${line}`)
}

const number = (fields: Fields, name: string): number => {
  const value = fields[name]
  if (typeof value !== 'number') throw new InternalError(`parse event of the helper: ${name} is no number`)
  return value
}

const text = (fields: Fields, name: string): string => {
  const value = fields[name]
  if (typeof value !== 'string') throw new InternalError(`parse event of the helper: ${name} is no text`)
  return value
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
