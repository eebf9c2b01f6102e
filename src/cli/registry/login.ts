import { type Credential, loginCases } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { parseVerb, usage } from '../images/parse-verb.ts'
import { interruptible } from '../interrupt.ts'
import { readHidden, readLine, readPiped } from './read-secret.ts'
import { userAgent } from './user-agent.ts'

interface Options {
  readonly username?: string
  readonly password?: string
  readonly passwordStdin?: boolean
}

/** `tsbuild login [OPTIONS] [HOST]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('login', argv, cli, (command) =>
    command
      .description("Log in to a registry (docker's own when none is named)")
      .argument('[host]', 'HOST[:PORT]')
      .option('-u, --username <name>', 'user name')
      .option('-p, --password <password>', 'password or access token; seen by others on this machine')
      .option('--password-stdin', 'take the password from standard input'),
  )
  if (!parsed) return 0
  checkOptions(parsed.options, cli)
  const { openLogins, registryHost } = await loginCases()
  const host = registryHost(parsed.args[0])
  using interrupt = interruptible()
  using logins = openLogins({ env: cli.env, userAgent, signal: interrupt.signal })
  const known = parsed.options.username === undefined ? await logins.known(host) : undefined
  if (known && parsed.options.password === undefined) {
    cli.stdout.write(`Authenticating with existing credentials...${shownUser(known)}\n`)
    if (await worksStill(() => logins.logIn(host, known), cli)) return succeed(cli)
  }
  const place = await logins.logIn(host, await credentialFrom(parsed.options, cli))
  if (place?.kind === 'file')
    cli.stderr.write(
      `WARNING! Your credentials are stored unencrypted in '${place.path}'.\nConfigure a credential helper (credsStore) to avoid this.\n`,
    )
  return succeed(cli)
}

const succeed = (cli: CliContext): number => {
  cli.stdout.write('Login Succeeded\n')
  return 0
}

const shownUser = (known: Credential): string =>
  known.kind === 'registry-token' || known.username === '' ? '' : ` [Username: ${known.username}]`

/** On a terminal one can type others where the old ones do not count any more. */
const worksStill = async (logIn: () => Promise<unknown>, cli: CliContext): Promise<boolean> => {
  try {
    await logIn()
    return true
  } catch (error) {
    if (!cli.stdin.isTTY || !(error instanceof AppError) || error.code !== 'registry-denied') throw error
    cli.stderr.write('Login did not succeed with them.\n')
    return false
  }
}

const checkOptions = ({ username, password, passwordStdin }: Options, cli: CliContext): void => {
  if (password !== undefined)
    cli.stderr.write('WARNING! Using --password on the command line is insecure. Use --password-stdin.\n')
  if (password !== undefined && passwordStdin)
    throw usage('login', '--password and --password-stdin cannot be used together')
  if (passwordStdin && username === undefined) throw usage('login', '--password-stdin needs --username')
}

const credentialFrom = async (options: Options, cli: CliContext): Promise<Credential> => {
  const needsAnswers =
    options.username === undefined || (options.password === undefined && !options.passwordStdin)
  if (needsAnswers && !cli.stdin.isTTY)
    throw usage(
      'login',
      'cannot ask for user name and password: standard input is not a terminal',
      'give --username and --password-stdin',
    )
  const username = options.username ?? (await readLine('Username: ', cli))
  if (username === '') throw usage('login', 'the user name is empty')
  const password =
    options.password ?? (options.passwordStdin ? readPiped(cli) : await readHidden('Password: ', cli))
  if (password === '') throw usage('login', 'the password is empty')
  return { kind: 'password', username, password }
}
