import { readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { MountWish } from '../../engine/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { usage } from './parse-verb.ts'

/** A zone as a container gets it: the variable that names it, and its file, which the image may lack. */
export interface TimeZone {
  readonly env: readonly string[]
  readonly mounts: readonly MountWish[]
}

const zones = '/usr/share/zoneinfo'

/**
 * --tz. `TZ` is what the C libraries and language runtimes look at first, and they look for the file below /usr/share/zoneinfo: so the
 * image's own /etc/localtime, often a link to the file of another zone, stays alone. `hostRoot` is where this machine's zones are.
 * Throws `usage` for a zone that this machine does not have.
 */
export const timeZone = (name: string | undefined, hostRoot: HostPath = '/'): TimeZone => {
  if (name === undefined) return { env: [], mounts: [] }
  const zone = name === 'local' ? localZone(hostRoot) : { name, source: zoneFile(name, hostRoot) }
  if (!zone) return { env: ['TZ=UTC'], mounts: [] }
  return {
    env: [`TZ=${zone.name}`],
    mounts: [
      {
        kind: 'bind',
        source: zone.source,
        destination: `${zones}/${zone.name}`,
        readonly: true,
        createSource: false,
        mode: 'ro',
      },
    ],
  }
}

/** As the file of the zone is named; one that is no link gets a name of its own. Undefined where there is none: that is UTC. */
const localZone = (hostRoot: HostPath): { readonly name: string; readonly source: HostPath } | undefined => {
  try {
    const source = realpathSync(join(hostRoot, 'etc/localtime'))
    if (!isZone(source)) return undefined
    const name = relative(realpathSync(join(hostRoot, zones)), source)
    return { name: name.startsWith('..') ? 'localtime' : name, source }
  } catch {
    return undefined
  }
}

const zoneFile = (name: string, hostRoot: HostPath): HostPath => {
  const said = `--tz ${JSON.stringify(name)}`
  if (!/^[A-Za-z0-9][\w+-]*(?:\/[\w+-]+)*$/.test(name))
    throw usage('run', `${said}: expected a zone such as Europe/Berlin, or local`)
  const path = join(hostRoot, zones, name)
  if (isZone(path)) return realpathSync(path)
  throw usage(
    'run',
    `${said}: this machine has no such zone in ${zones}`,
    'check the name, or install tzdata here',
  )
}

/** RFC 8536: the first four bytes. */
const isZone = (path: HostPath): boolean => {
  try {
    return readFileSync(path).toString('latin1', 0, 4) === 'TZif'
  } catch {
    return false
  }
}
