import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isBeingMade } from './container-names.ts'
import { readRecord, stateFile } from './state-files.ts'

/** Milliseconds that a command may take between making a directory and the first file in it. */
const grace = 60_000

/** A container in the making whose maker is gone: it has no record, and nothing ran yet. */
export const isAbandonedDir = (dir: HostPath): boolean => {
  if (existsSync(join(dir, stateFile.record)) || isBeingMade(dir)) return false
  return existsSync(join(dir, stateFile.making)) || isOldAndEmpty(dir)
}

const isOldAndEmpty = (dir: HostPath): boolean => {
  const stat = statSync(dir, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > grace && readdirSync(dir).length === 0
}

/** It has a directory, nobody is making it, and its record cannot be read. */
export const isDamaged = (dir: HostPath): boolean =>
  existsSync(dir) && !isBeingMade(dir) && readRecord(dir) === undefined && readdirSync(dir).length > 0
