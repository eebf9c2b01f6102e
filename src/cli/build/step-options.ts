import type { BuildOptions } from '../../engine/index.ts'
import { suggest } from '../../foundation/errors/index.ts'
import { usage } from '../images/parse-verb.ts'
import { bytesOf, extraHostOf, ulimitNames, ulimitOf } from '../value-forms.ts'

type Exec = NonNullable<BuildOptions['exec']>

/** --add-host, --ulimit and --shm-size, for every RUN. Undefined without any. Throws `usage`. */
export const parseExec = (given: {
  readonly addHost: readonly string[]
  readonly ulimit: readonly string[]
  readonly shmSize: string | undefined
}): Exec | undefined => {
  const extraHosts = given.addHost.flatMap((list) => list.split(',')).map(parseHost)
  const ulimits = given.ulimit.map(parseUlimit)
  const shmSize = given.shmSize === undefined ? 0 : parseSize(given.shmSize)
  const exec = {
    ...(extraHosts.length > 0 && { extraHosts }),
    ...(ulimits.length > 0 && { ulimits }),
    ...(shmSize > 0 && { shmSize }),
  }
  return Object.keys(exec).length > 0 ? exec : undefined
}

const parseHost = (text: string): string => {
  const host = extraHostOf(text)
  if (host) return `${host.name}:${host.address}`
  throw usage('build', `--add-host ${JSON.stringify(text)}: expected NAME:ADDRESS`)
}

const parseUlimit = (text: string): NonNullable<Exec['ulimits']>[number] => {
  const limit = ulimitOf(text)
  if (!limit) {
    throw usage(
      'build',
      `--ulimit ${JSON.stringify(text)}: expected NAME=SOFT[:HARD]`,
      `names are ${[...ulimitNames].join(', ')}`,
    )
  }
  if (limit.hard !== -1 && (limit.soft === -1 || limit.soft > limit.hard)) {
    throw usage('build', `--ulimit ${JSON.stringify(text)}: the soft limit is above the hard limit`)
  }
  return limit
}

const parseSize = (text: string): number => {
  const size = bytesOf(text)
  if (size !== undefined) return size
  throw usage('build', `--shm-size ${JSON.stringify(text)}: expected a size such as 64m`)
}

const entitlements = ['network.host', 'security.insecure', 'device'] as const
type Entitlement = (typeof entitlements)[number]

/** --allow; `--network host` brings its own, as docker does it. Throws `usage`. */
export const parseEntitlements = (
  texts: readonly string[],
  network: 'default' | 'none' | 'host',
): readonly Entitlement[] => {
  const found = new Set<Entitlement>(network === 'host' ? ['network.host'] : [])
  for (const text of texts.flatMap((list) => list.split(','))) {
    const allowed = entitlementOf(text.trim())
    if (allowed !== undefined) found.add(allowed)
  }
  return [...found]
}

/** `device=NAME` is one of them; `fs...` and `ssh` are what buildx asks for its files of several builds. */
const entitlementOf = (text: string): Entitlement | undefined => {
  if (/^(?:fs(?:\.read|\.write)?|ssh)(?:=|$)/.test(text)) return undefined
  const known = entitlements.find(
    (name) => text === name || (name === 'device' && text.startsWith('device=')),
  )
  if (known) return known
  const near = suggest(text, entitlements)
  throw usage(
    'build',
    `--allow ${JSON.stringify(text)}: unknown entitlement`,
    near ? `did you mean ${near}?` : `known: ${entitlements.join(', ')}`,
  )
}
