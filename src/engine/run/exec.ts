import {
  ContainerError,
  type ExecResult,
  execDetached,
  execProcess,
  openContainerStore,
  type SeccompCompiler,
} from '../../runtime/container/index.ts'
import { seccompProgram } from '../seccomp.ts'
import type { Store } from '../store.ts'

export interface ExecWish {
  readonly command: readonly string[]
  readonly env: readonly string[]
  readonly user?: string
  readonly workdir?: string
  readonly privileged: boolean
  /** A terminal of its own; ours is put into raw mode. */
  readonly terminal: boolean
  readonly interactive: boolean
  /** Does not wait; code 0 when it has started. */
  readonly detached: boolean
  /** Keys that leave it in the background (`detachKeysOf`). */
  readonly detachKeys: string
}

/** Runs one more process in the running container that `name` finds, with this process's stdio. Throws what `execProcess` throws. */
export const execInNamed = async (store: Store, name: string, wish: ExecWish): Promise<ExecResult> => {
  const { terminal, interactive, detached, detachKeys, ...options } = wish
  const containers = openContainerStore(store.root)
  const container = containers.find(name)
  const compile: SeccompCompiler = (profile, capabilities) =>
    seccompProgram(store.root, profile, capabilities)
  const request = { ...options, ...(terminal ? { terminal: { height: 0, width: 0 } } : {}), seccomp: compile }
  if (detached) {
    await execDetached(container, request, containers.trash).catch(withoutCode)
    return { code: 0 }
  }
  return execProcess(container, {
    ...request,
    detachKeys,
    io: { stdin: interactive ? 'inherit' : 'ignore', stdout: 'inherit', stderr: 'inherit' },
  })
}

/** Docker's code for whatever keeps a command in the background from starting is 1. */
const withoutCode = (error: unknown): never => {
  if (!(error instanceof ContainerError) || error.code !== 'start-failed') throw error
  const { code, message, hint, details } = error
  throw new ContainerError(code, message, { details, cause: error, ...(hint === undefined ? {} : { hint }) })
}
