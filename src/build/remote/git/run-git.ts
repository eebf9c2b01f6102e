import { type AppError, exitCode } from '../../../foundation/errors/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { findProgram, type ProgramResult, runProgram } from '../../../foundation/sys/index.ts'
import { shownUrl } from '../../source-url/index.ts'
import { RemoteError } from '../errors.ts'
import type { RemoteEnvironment } from '../types.ts'
import { remoteWithoutCredentials } from './git-authorization.ts'
import { gitEnvironment } from './git-environment.ts'

/** How git is called for one remote repository. */
export interface Git {
  /** As the user wrote it: may hold credentials, which go into the environment. */
  readonly source: string
  /** The same without credentials: what git is told and what may be shown. */
  readonly remote: string
  readonly environment: RemoteEnvironment
  readonly signal: AbortSignal
}

export const gitFor = (source: string, environment: RemoteEnvironment, signal: AbortSignal): Git => ({
  source,
  remote: remoteWithoutCredentials(source),
  environment,
  signal,
})

export interface GitCall {
  readonly cwd: HostPath
  /** May read repositories of this machine, and no others. */
  readonly local?: boolean
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs git; the result says how it ended. Throws `no-git`. */
export const tryGit = (git: Git, args: readonly string[], call: GitCall): Promise<ProgramResult> => {
  const { env } = git.environment
  const program = findProgram('git', env['PATH'])
  if (program === undefined) {
    throw new RemoteError('no-git', `fetch ${shownUrl(git.remote)}: there is no program git`, {
      exitCode: exitCode.failed,
      hint: 'install git, or give the sources as a directory or a tar archive',
    })
  }
  return runProgram({
    program,
    args,
    env: { ...gitEnvironment(git.source, git.environment, { local: call.local === true }), ...call.env },
    cwd: call.cwd,
    signal: git.signal,
  })
}

/** Runs git and returns what it prints. Throws `git-failed` with its own last words, credentials taken out. */
export const runGit = async (git: Git, args: readonly string[], call: GitCall): Promise<string> => {
  const result = await tryGit(git, args, call)
  if (result.status !== 0) throw gitFailed(git, result)
  return result.stdout.toString('utf8')
}

/** Says in one line what git said in several. */
export const gitFailed = (git: Git, { status, stderr }: ProgramResult): AppError => {
  const lines = stderr
    .toString('utf8')
    .split(/[\r\n]+/)
    .filter((line) => /^(fatal|error|remote|ssh|git@|.*(denied|refused|failed|not found))/i.test(line))
  const said = withoutCredentials(lines.slice(0, 4).join('; ') || `git ended with status ${status}`)
  const hint = hintFor(said)
  return new RemoteError('git-failed', `fetch ${shownUrl(git.remote)}: ${said}`, {
    ...(hint === undefined ? {} : { hint }),
  })
}

const hintFor = (said: string): string | undefined => {
  if (/terminal prompts disabled|Authentication failed|could not read (Username|Password)/.test(said))
    return 'give credentials with --secret id=GIT_AUTH_TOKEN,src=FILE'
  if (/Host key verification failed/.test(said))
    return "add the host's key to ~/.ssh/known_hosts first (ssh-keyscan HOST)"
  if (/Permission denied \(publickey/.test(said)) return 'give an agent or a key with --ssh default'
  if (/transport '.*' not allowed/.test(said)) return 'only http, https, git and ssh are allowed'
  return /redirect/.test(said) ? 'use the address that the server redirects to' : undefined
}

/** `://user:password@` in anything that git prints, and characters that would play with a terminal. */
const withoutCredentials = (text: string): string =>
  text
    .replaceAll(/(:\/\/)[^/\s@']*@/g, '$1')
    .replaceAll(/[\p{Cc}]/gu, ' ')
    .slice(0, 1000)
