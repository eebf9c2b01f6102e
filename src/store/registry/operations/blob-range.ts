import type { IncomingMessage } from 'node:http'
import { RegistryError } from '../errors.ts'

/** Bytes of a blob, from `from` up to but not including `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** RFC 9110, 14.4: the first byte that an answer has, after checking that it is part of the blob that is meant. Throws `size-mismatch`, `registry-protocol`. */
export const startOf = (
  { statusCode, headers }: IncomingMessage,
  wanted: Span,
  size: number,
  doing: string,
): number => {
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  if (statusCode === 200) {
    // The whole blob, whatever was asked for.
    if (length !== undefined && length !== size) throw sizeMismatch(doing, length, size)
    return 0
  }
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (first === undefined || last === undefined)
    throw new RegistryError(
      'registry-protocol',
      `${doing}: a part was asked for, and the answer does not say which it is`,
    )
  if (total !== undefined && total !== '*' && Number(total) !== size)
    throw sizeMismatch(doing, Number(total), size)
  const isAsked = Number(first) === wanted.from && Number(last) < wanted.to && Number(last) >= wanted.from
  if (!isAsked || (length !== undefined && length !== Number(last) + 1 - Number(first)))
    throw new RegistryError(
      'registry-protocol',
      `${doing}: asked for bytes ${wanted.from}-${wanted.to - 1}, got ${first}-${last}`,
    )
  return wanted.from
}

export const sizeMismatch = (doing: string, found: number, expected: number): RegistryError =>
  new RegistryError('size-mismatch', `${doing}: size ${found}, expected ${expected}`, {
    details: { found, expected },
  })
