import { appendFileSync } from 'node:fs'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { textLines } from '../text-lines.ts'

/**
 * Content digests of one layer's files, kept in a file of lines `HEX JSON-STRING`. Only appended to, by any number of
 * processes; a torn line is skipped. A lost file costs time, nothing else.
 */
export interface DigestMemo {
  get(path: string): string | undefined
  set(path: string, digest: string): void
}

export const openDigestMemo = (file: HostPath): DigestMemo => {
  let known: Map<string, string> | undefined
  let unsaved: string[] = []

  const save = (): void => {
    const lines = unsaved.join('')
    unsaved = []
    try {
      // The newline in front ends a line that a dying process tore.
      appendFileSync(file, `\n${lines}`, { mode: 0o600 })
    } catch {
      // The layer was removed, or the disk is full: the digests are computed again next time.
    }
  }

  return {
    get(path) {
      known ??= read(file)
      return known.get(path)
    },
    set(path, digest) {
      known ??= read(file)
      known.set(path, digest)
      if (unsaved.length === 0) setImmediate(save)
      unsaved.push(`${digest} ${JSON.stringify(path)}\n`)
    },
  }
}

const line = /^([0-9a-f]{64}) (".*")$/

const read = (file: HostPath): Map<string, string> => {
  const known = new Map<string, string>()
  for (const text of textLines(file)) {
    const [, digest, quoted] = line.exec(text) ?? []
    const path = quoted === undefined ? undefined : stringOf(quoted)
    if (digest !== undefined && path !== undefined) known.set(path, digest)
  }
  return known
}

const stringOf = (quoted: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
