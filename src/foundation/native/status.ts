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

/** Splits a byte stream into lines and parses them; an incomplete last line is kept for the next call. */
export const createEventReader = (onEvent: (event: HelperEvent) => void): ((chunk: Uint8Array) => void) => {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.toString('utf8', 0, end)
      rest = rest.subarray(end + 1)
      onEvent(parseHelperEvent(line))
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
