import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { stateFile, volatileFiles } from './state-files.ts'
import type { StartFailure } from './types.ts'

/** Docker's, where a start fails for another reason than the command. */
const unknownCode = 128

/** What tells of the last run; it stays the last one when the next does not begin. */
const ofLastRun = [stateFile.pid, stateFile.exit]

/** Forgets the last run of a container. Returns what tells of it again, and of why there is no next one. */
export const forgetLastRun = (dir: HostPath): ((error: unknown) => void) => {
  const kept = ofLastRun.map((name) => [join(dir, name), readIfThere(join(dir, name))] as const)
  removeVolatile(dir)
  removeStrangers(dir)
  return (error) => {
    removeVolatile(dir)
    try {
      for (const [path, text] of kept) if (text !== undefined) atomicWrite(path, text)
      atomicWrite(join(dir, stateFile.failure), JSON.stringify(failureOf(error)))
    } catch {
      // A full disk: that it failed is told all the same.
    }
  }
}

const isVolatile = (name: string): boolean => volatileFiles.some((file) => file === name)

const removeVolatile = (dir: HostPath): void => {
  // A fresh container has none of them.
  for (const name of readdirSync(dir))
    if (isVolatile(name)) rmSync(join(dir, name), { force: true, recursive: true })
}

/** A directory where a file belongs would be in the way of the next start. */
const removeStrangers = (dir: HostPath): void => {
  const names = new Set<string>(Object.values(stateFile))
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (names.has(name) && lstatSync(path).isDirectory()) rmSync(path, { recursive: true })
  }
}

const failureOf = (error: unknown): StartFailure => {
  const known = error instanceof AppError
  const ofCommand =
    known && (error.exitCode === exitCode.notFound || error.exitCode === exitCode.notExecutable)
  return {
    exitCode: ofCommand ? error.exitCode : unknownCode,
    error: known ? error.message : 'the start failed',
  }
}

const readIfThere = (path: HostPath): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
