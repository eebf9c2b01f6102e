import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StepAgent } from '../../build/ops/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  findProgram,
  type HeldProgram,
  holdProgram,
  ownedName,
  runProgram,
} from '../../foundation/sys/index.ts'
import { stepDirectory } from './sweep.ts'
import type { BuildContextOptions, BuildOptions, SshInput } from './types.ts'

/** Those of one build, by the ids of --ssh. */
export interface SshAgents {
  /** Undefined when the build was given none of this id. Throws `ssh-agent`. */
  get(id: string, signal: AbortSignal): Promise<StepAgent | undefined>
  /** Ends the agents that were started for keys. */
  [Symbol.dispose](): void
}

/** An agent of the caller is used as it is; for keys in files one is started when the first step asks. */
export const openSshAgents = (
  inputs: BuildOptions['ssh'],
  { runRoot, env = {} }: Pick<BuildContextOptions, 'runRoot' | 'env'>,
): SshAgents => {
  const started = new Map<string, Promise<OwnAgent>>()
  const ended: (() => void)[] = []
  const ownAgent = (id: string, paths: readonly HostPath[], signal: AbortSignal): Promise<OwnAgent> => {
    const known = started.get(id)
    if (known) return known
    const making = startAgent(paths, {
      directory: join(stepDirectory(runRoot), ownedName()),
      path: env['PATH'],
      signal,
    })
    started.set(id, making)
    making.then(
      (agent) => ended.push(agent.end),
      () => undefined,
    )
    return making
  }
  return {
    get: async (id, signal) => {
      const input = inputs?.get(id)
      if (!input) return undefined
      return input.kind === 'agent' ? callersAgent(id, input) : ownAgent(id, input.paths, signal)
    },
    [Symbol.dispose]: () => {
      for (const end of ended) end()
    },
  }
}

const callersAgent = (id: string, { socket }: Extract<SshInput, { kind: 'agent' }>): StepAgent => {
  if (statSync(socket, { throwIfNoEntry: false })?.isSocket()) return { socket }
  throw failed(
    `use the SSH agent ${id}: ${socket} is no socket`,
    'is the agent still running? ssh-add -l shows its keys',
  )
}

interface OwnAgent extends StepAgent {
  end(): void
}

interface Place {
  readonly directory: HostPath
  readonly path: string | undefined
  readonly signal: AbortSignal
}

/**
 * `ssh-agent PROGRAM` ends with that program, here a shell that lives as long as this process: so no agent with keys is left
 * behind, whatever happens. It would notice within ten seconds; the shell does not let it wait. Each key is given on standard
 * input: a file's own mode does not matter then.
 */
const startAgent = async (keys: readonly HostPath[], place: Place): Promise<OwnAgent> => {
  const { directory, path, signal } = place
  const [agent, add, shell] = ['ssh-agent', 'ssh-add', 'sh'].map((name) => programOf(name, path))
  if (!agent || !add || !shell) throw failed('start an SSH agent', 'install the OpenSSH client')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const socket = join(directory, 'agent')
  const env = { PATH: path ?? '/usr/bin:/bin' }
  let held: HeldProgram | undefined
  const end = (): void => {
    held?.release()
    endProcess(Number(held?.line))
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const args = ['-a', socket, shell, '-c', 'echo "$SSH_AGENT_PID"; cat >/dev/null; kill "$SSH_AGENT_PID"']
    held = await holdProgram({ program: agent, args, env, cwd: '/', signal })
    for (const key of keys) await addKey(key, { program: add, socket, env, signal })
    return { socket, end }
  } catch (error) {
    end()
    signal.throwIfAborted()
    if (error instanceof AppError) throw error
    throw failed(
      `start an SSH agent: ${error instanceof Error ? error.message : String(error)}`,
      undefined,
      error,
    )
  }
}

const addKey = async (
  key: HostPath,
  {
    program,
    socket,
    env,
    signal,
  }: Omit<Place, 'directory' | 'path'> & {
    readonly program: HostPath
    readonly socket: HostPath
    readonly env: Readonly<Record<string, string>>
  },
): Promise<void> => {
  const { status, stderr } = await runProgram({
    program,
    args: ['-'],
    // Nobody is asked for a passphrase.
    env: { ...env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' },
    cwd: '/',
    input: readKey(key),
    signal,
  })
  if (status === 0) return
  throw failed(
    `add the SSH key ${key}: ${stderr.toString().trim().split('\n').at(-1)}`,
    'expected a private key without a passphrase; for others run an agent and give --ssh default',
  )
}

const readKey = (key: HostPath): Buffer => {
  try {
    return readFileSync(key)
  } catch (error) {
    throw failed(`read the SSH key ${key}: ${errnoOf(error) ?? String(error)}`, undefined, error)
  }
}

const programOf = (name: string, path: string | undefined): HostPath => {
  const program = findProgram(name, path)
  if (program) return program
  throw failed(
    `start an SSH agent for keys: there is no program ${name} on PATH`,
    'install the OpenSSH client, or run an agent and give its socket',
  )
}

/** Its keys should not wait for the shell. */
const endProcess = (pid: number): void => {
  if (!Number.isInteger(pid) || pid <= 1) return
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // Gone.
  }
}

const failed = (message: string, hint?: string, cause?: unknown): AppError =>
  new AppError('ssh-agent', message, {
    exitCode: exitCode.failed,
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
