import { closeSync, fstatSync, readFileSync } from 'node:fs'
import type { HostPath } from '../oci/index.ts'
import { type ChangedDirectories, decodeChanged } from './fsops.ts'

/** A whole context as the helper compared it with its stat cache, since this command began. */
export interface ComparedAhead {
  readonly root: HostPath
  readonly stateFile: HostPath
  /** The cache's last 32 bytes in hex. */
  readonly seal: string
  readonly changed: ChangedDirectories
}

/**
 * What the helper that became this process has another one find out meanwhile (native/ahead.c), waited for when it is first asked for.
 *
 * @param place DESCRIPTOR:INODE of a pipe. The variable that says so passes to programs that we start, the pipe does not.
 * @param sinceStart milliseconds since this process began
 */
export const comparedAhead = (
  place: string | undefined,
  sinceStart: () => number = () => performance.now(),
): (() => ComparedAhead | undefined) => {
  let known: { readonly compared: ComparedAhead | undefined } | undefined
  return () => {
    // Whoever asks later gets nothing, whatever others were told before: of one directory COPY may ask at once, of another after a long step.
    if (sinceStart() > mostAge) return undefined
    known ??= { compared: readAnswer(place) }
    return known.compared
  }
}

/** Milliseconds. A COPY that waits for a long step is of the files that are there then. */
const mostAge = 1000

const readAnswer = (place = ''): ComparedAhead | undefined => {
  const [, fd, inode] = /^(\d{1,4}):(\d{1,15})$/.exec(place) ?? []
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(Number(fd))
    if (!stat.isFIFO() || stat.ino !== Number(inode)) return undefined
    const answer = readFileSync(Number(fd))
    closeSync(Number(fd))
    return decodeAnswer(answer)
  } catch {
    return undefined
  }
}

const decodeAnswer = (answer: Buffer): ComparedAhead | undefined => {
  const texts: string[] = []
  let at = 0
  for (let end = answer.indexOf(0); texts.length < 3; end = answer.indexOf(0, at)) {
    if (end < 0) return undefined
    texts.push(answer.toString('utf8', at, end))
    at = end + 1
  }
  const [root = '', stateFile = '', seal = ''] = texts
  const changed = decodeChanged(answer.subarray(at))
  return changed && { root, stateFile, seal, changed }
}
