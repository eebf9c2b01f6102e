import { AppError, exitCode } from '../../foundation/errors/index.ts'

/** A bundle whose config.json is not as the runtime-spec has it. */
export const invalidSpec = (where: string, problem: string): AppError =>
  new AppError('invalid-spec', `read config.json: ${where}: ${problem}`)

/** Something that the runtime-spec knows and this runtime does not do. */
export const unsupported = (what: string, hint?: string): AppError =>
  new AppError('unsupported', `${what} is not supported`, hint === undefined ? {} : { hint })

/** Callers (containerd, podman) look for "does not exist" in it. */
export const noSuchContainer = (id: string): AppError =>
  new AppError('no-such-container', `container ${JSON.stringify(id)} does not exist`)

/** Callers look for "container not running" in it. */
export const notRunning = (id: string, status: string): AppError =>
  new AppError('not-running', `container not running: ${JSON.stringify(id)} is ${status}`)

export const wrongState = (action: string, id: string, status: string): AppError =>
  new AppError('wrong-state', `cannot ${action} container ${JSON.stringify(id)} that is ${status}`)

/** A program that is not there or cannot be executed; callers take 127 and 126 from the words. */
export const notExecuted = (program: string, errno: string, text: string, cause?: unknown): AppError => {
  const missing = errno === 'ENOENT' || errno === 'ENOTDIR'
  const why = missing && !program.includes('/') ? 'executable file not found in $PATH' : text
  return new AppError('not-executed', `exec: ${JSON.stringify(program)}: ${why}`, {
    exitCode: missing ? exitCode.notFound : exitCode.notExecutable,
    cause,
  })
}
