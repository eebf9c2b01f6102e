import { existsSync } from 'node:fs'
import { exitCode } from '../../foundation/errors/index.ts'
import {
  execInContainer,
  type JoinRequest,
  NativeError,
  type ProcessIo,
} from '../../foundation/native/index.ts'
import type { RuntimeProcess, RuntimeSpec } from '../../foundation/oci/index.ts'
import { isAlive } from '../../foundation/sys/index.ts'
import { createSpec, resolveUser } from '../bundle/index.ts'
import { cgroupDirectories } from './container-cgroup.ts'
import { notRunning, paused } from './errors.ts'
import { beginExec } from './exec-events.ts'
import { hostFacts } from './host-facts.ts'
import { userDatabaseLimit } from './image-user.ts'
import { readInRoot } from './in-root-file.ts'
import { requireMapped } from './mapped-user.ts'
import { isPaused } from './pause-container.ts'
import { readStartedEnv } from './read-spec.ts'
import { type SeccompCompiler, seccompFor } from './seccomp-program.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'
import { unlessRemoved } from './unless-removed.ts'

export interface ExecOptions {
  readonly command: readonly string[]
  readonly env?: readonly string[]
  readonly workdir?: string
  /** `user[:group]`; the container's own when absent. */
  readonly user?: string
  readonly privileged?: boolean
  readonly terminal?: { readonly height: number; readonly width: number }
  readonly io: ProcessIo
  readonly seccomp: SeccompCompiler
  readonly signal?: AbortSignal
  readonly onStarted?: (pid: number) => void
  /** Keys that leave it in the background (`detachKeysOf`). */
  readonly detachKeys?: string
}

export interface ExecResult {
  readonly code: number
  /** Why it could not be executed. */
  readonly message?: string
  /** The keys were typed: it goes on. */
  readonly detached?: boolean
}

/**
 * Runs one more process in a running container, with the container's limits, filter and environment. Resolves with its
 * exit code (126 and 127 when it could not be executed). Throws `container-not-running`, `unknown-user`.
 */
export const execProcess = (container: Container, options: ExecOptions): Promise<ExecResult> =>
  unlessRemoved(container, () => execNow(container, options))

const execNow = async (container: Container, options: ExecOptions): Promise<ExecResult> => {
  const request = { ...joinRequestOf(container, options), io: options.io }
  const events = beginExec(container, options.command)
  const result = await executed(request, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }),
    ...(options.onStarted === undefined ? {} : { onStarted: options.onStarted }),
  })
  if (result.detached) events.left()
  else if (result.message === undefined) events.ended(result.code)
  return result
}

/** A working directory that is not there counts as a command that is not. */
const executed = async (...work: Parameters<typeof execInContainer>): Promise<ExecResult> => {
  try {
    return await execInContainer(...work)
  } catch (error) {
    if (!(error instanceof NativeError) || error.step !== 'cwd') throw error
    return { code: exitCode.notFound, message: `enter the working directory: ${error.message}` }
  }
}

/** What the helper needs to join the container. Throws `container-not-running`, `unknown-user`. */
export const joinRequestOf = (container: Container, options: Omit<ExecOptions, 'io'>): JoinRequest => {
  const status = statusOf(container.dir)
  if (status.kind !== 'running' || !isAlive(status.init)) throw notRunning('exec in', container)
  if (isPaused(container)) throw paused('exec in', container)
  const { pid, startTime } = status.init
  return { ...requestInside(container, pid, options), startTime }
}

/** The same whether it runs or not; the spec and the cgroups of its start must be there. */
export const requestInside = (
  container: Container,
  pid: number,
  options: Omit<ExecOptions, 'io'>,
): JoinRequest => {
  const spec = execSpec(container, options, pid)
  // As under docker, --privileged gives capabilities, but the filter stays the container's own.
  const own = options.privileged ? execSpec(container, { ...options, privileged: false }, pid) : spec
  const seccomp = seccompFor(container.record.options, own, options.seccomp)
  return {
    pid,
    process: { ...spec.process, env: environment(container, spec.process, options) },
    ...(seccomp === undefined ? {} : { seccomp }),
    cgroups: cgroupDirectories(container.record).filter((path) => existsSync(path)),
  }
}

const isPrivileged = (container: Container, options: Omit<ExecOptions, 'io'>): boolean =>
  container.record.options.privileged || options.privileged === true

const execSpec = (container: Container, options: Omit<ExecOptions, 'io'>, pid: number): RuntimeSpec => {
  const settings = container.record.options
  const root = `/proc/${pid}/root`
  // Looked up in the container as it is now: its own users may have come since it was made.
  const user =
    options.user === undefined
      ? settings.resolvedUser
      : resolveUser(
          options.user,
          readInRoot(root, 'etc/passwd', userDatabaseLimit),
          readInRoot(root, 'etc/group', userDatabaseLimit),
        )
  requireMapped(container, user)
  const workdir = options.workdir ?? settings.workdir
  return createSpec({
    config: { ...settings.config, Entrypoint: [], Cmd: [] },
    user,
    command: options.command,
    entrypoint: [],
    ...(workdir === undefined ? {} : { workdir }),
    ...(options.terminal ? { terminal: options.terminal } : {}),
    privileged: isPrivileged(container, options),
    capAdd: settings.capAdd,
    capDrop: settings.capDrop,
    noNewPrivileges: settings.noNewPrivileges,
    rlimits: settings.rlimits,
    ...(settings.umask === undefined ? {} : { umask: settings.umask }),
    host: hostFacts(false),
  })
}

/** The environment of the container's own process, what is asked for here, and a home that fits the user. */
const environment = (
  container: Container,
  process: RuntimeProcess,
  options: Omit<ExecOptions, 'io'>,
): readonly string[] => {
  const isHome = (variable: string): boolean => variable.startsWith('HOME=')
  const asked = container.record.options.config.Env?.some(isHome) ?? false
  const home = options.user === undefined || asked ? [] : process.env.filter(isHome)
  const variables = new Map<string, string>()
  const named = [
    ...readStartedEnv(container.dir),
    ...home,
    ...(options.terminal ? ['TERM=xterm'] : []),
    ...(options.env ?? []),
  ]
  for (const variable of named) variables.set(variable.split('=', 1)[0] ?? '', variable)
  return [...variables.values()]
}
