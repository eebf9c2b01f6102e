import { loginCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb } from '../images/parse-verb.ts'
import { userAgent } from './user-agent.ts'

/** `tsbuild logout [HOST]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('logout', argv, cli, (command) =>
    command
      .description("Forget the credentials of a registry (docker's own when none is named)")
      .argument('[host]', 'HOST[:PORT]'),
  )
  if (!parsed) return 0
  const { openLogins, registryHost } = await loginCases()
  const host = registryHost(parsed.args[0])
  using logins = openLogins({ env: cli.env, userAgent })
  cli.stdout.write(
    `Removing login credentials for ${host === 'docker.io' ? 'https://index.docker.io/v1/' : host}\n`,
  )
  await logins.logOut(host)
  return 0
}
