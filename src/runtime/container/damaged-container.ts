import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { makerOf } from './container-names.ts'
import { readRecord, stateFile } from './state-files.ts'

/** Milliseconds that a command may take between making a directory and having written who it is. */
const grace = 60_000

/** A container in the making whose maker is gone: it has no record, and nothing ran yet. */
export const isAbandonedDir = (dir: HostPath): boolean => {
  // In this order: a maker that is dead writes no record any more.
  const maker = makerOf(dir)
  if (existsSync(join(dir, stateFile.record))) return false
  return maker === 'dead' || (maker === undefined && isOld(dir) && filesOf(dir).length === 0)
}

const isOld = (dir: HostPath): boolean => {
  const stat = statSync(dir, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > grace
}

/** It has a directory, nobody is making it, and its record cannot be read. */
export const isDamaged = (dir: HostPath): boolean =>
  filesOf(dir).length > 0 && makerOf(dir) !== 'alive' && readRecord(dir) === undefined

/** But for those that a command writes before it has said who it is; none of a directory that is not there, or goes. */
const filesOf = (dir: HostPath): readonly string[] => {
  try {
    return readdirSync(dir).filter((name) => !name.startsWith('.') && name !== stateFile.making)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}
