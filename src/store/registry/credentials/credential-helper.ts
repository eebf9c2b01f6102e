import { errnoOf } from '../../../foundation/errors/index.ts'
import { findProgram, type ProgramResult, runProgram } from '../../../foundation/sys/index.ts'
import { RegistryError } from '../errors.ts'
import type { Credential } from '../types.ts'

export interface HelperOptions {
  /** Without `docker-credential-`. */
  readonly helper: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /** Milliseconds that it may take, default 30,000: some ask a person. */
  readonly limit?: number
}

/** docker's word for a user name that stands for "the secret is an identity token". */
const tokenUser = '<token>'

/** What the helper keeps for a registry; undefined when that is nothing. Throws `credential-helper-failed`. */
export const askHelper = async (key: string, options: HelperOptions): Promise<Credential | undefined> => {
  const result = await call('get', key, options)
  if (result.status !== 0) {
    if (isMissing(result)) return undefined
    throw failed(options, 'get', `it ended with ${result.status}`)
  }
  const answer = parse(result.stdout.toString('utf8'))
  if (answer === undefined) throw failed(options, 'get', 'its answer is not JSON with Username and Secret')
  const { username, secret } = answer
  if (secret === '') return undefined
  return username === tokenUser
    ? { kind: 'identity-token', username: '', token: secret }
    : { kind: 'password', username, password: secret }
}

/** Throws `credential-helper-failed`. */
export const storeInHelper = async (
  key: string,
  credential: Credential,
  options: HelperOptions,
): Promise<void> => {
  const [Username, Secret] =
    credential.kind === 'password'
      ? [credential.username, credential.password]
      : [tokenUser, credential.token]
  const { status } = await call('store', JSON.stringify({ ServerURL: key, Username, Secret }), options)
  if (status !== 0) throw failed(options, 'store', `it ended with ${status}`)
}

/** False when it had nothing. Throws `credential-helper-failed`. */
export const eraseInHelper = async (key: string, options: HelperOptions): Promise<boolean> => {
  const result = await call('erase', key, options)
  if (result.status !== 0 && !isMissing(result))
    throw failed(options, 'erase', `it ended with ${result.status}`)
  return result.status === 0
}

/** The one error that the protocol gives a text of its own. */
const isMissing = ({ stdout, stderr }: ProgramResult): boolean =>
  `${stdout.toString('utf8')}\n${stderr.toString('utf8')}`.includes(
    'credentials not found in native keychain',
  )

const parse = (text: string): { readonly username: string; readonly secret: string } | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { Username, Secret } = value as Readonly<Record<string, unknown>>
    return typeof Username === 'string' && typeof Secret === 'string'
      ? { username: Username, secret: Secret }
      : undefined
  } catch {
    return undefined
  }
}

const call = async (action: string, input: string, options: HelperOptions): Promise<ProgramResult> => {
  const { helper, env, signal, limit = 30_000 } = options
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(helper))
    throw failed(options, action, 'that is no name of a helper')
  const program = findProgram(`docker-credential-${helper}`, env['PATH'])
  if (program === undefined) throw failed(options, action, 'it is not in PATH')
  const timeout = AbortSignal.timeout(limit)
  try {
    return await runProgram({
      program,
      args: [action],
      env: Object.fromEntries(
        Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      cwd: '/',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      input: Buffer.from(input),
      maxOutput: 1 << 20,
    })
  } catch (error) {
    signal?.throwIfAborted()
    if (timeout.aborted) throw failed(options, action, `it did not end within ${limit / 1000} s`)
    throw failed(options, action, errnoOf(error) ?? 'it cannot be started')
  }
}

/** What a helper prints may hold secrets: nothing of it is shown. */
const failed = ({ helper }: HelperOptions, action: string, why: string): RegistryError =>
  new RegistryError(
    'credential-helper-failed',
    `run docker-credential-${helper} ${action}: ${why}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300),
    { hint: 'install the helper, or remove it from credsStore and credHelpers of the config.json' },
  )
