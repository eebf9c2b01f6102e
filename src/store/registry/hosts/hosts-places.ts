import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { byCodeUnit } from '../../../foundation/filetree/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'

export interface HostsPlaces {
  /** Trees HOST/hosts.toml and HOST/*.crt, *.cert, *.key. */
  readonly certsDirs: readonly HostPath[]
  /** Files in podman's format, later ones say more. */
  readonly registriesConfs: readonly HostPath[]
  /** dockerd's file; '' when it is not to be read. */
  readonly daemonJson: HostPath
}

/**
 * TSBUILD_CERTS_D (directories, `:` between them), TSBUILD_REGISTRIES_CONF and TSBUILD_DAEMON_JSON (a file each) take the place of what is
 * looked up otherwise: the user's own and the machine's.
 */
export const hostsPlaces = (env: Readonly<Record<string, string | undefined>>): HostsPlaces => {
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config')
  const certs = env['TSBUILD_CERTS_D']
  const conf = env['TSBUILD_REGISTRIES_CONF'] ?? env['CONTAINERS_REGISTRIES_CONF']
  return {
    certsDirs:
      certs === undefined
        ? [
            join(config, 'tsbuild/certs.d'),
            '/etc/tsbuild/certs.d',
            '/etc/containerd/certs.d',
            '/etc/docker/certs.d',
            '/etc/containers/certs.d',
          ]
        : certs.split(':').filter((directory) => directory !== ''),
    registriesConfs:
      conf === undefined
        ? [
            '/etc/containers/registries.conf',
            ...dropIns('/etc/containers/registries.conf.d'),
            join(config, 'containers/registries.conf'),
            ...dropIns(join(config, 'containers/registries.conf.d')),
          ]
        : [conf].filter((file) => file !== ''),
    daemonJson: env['TSBUILD_DAEMON_JSON'] ?? '/etc/docker/daemon.json',
  }
}

const dropIns = (directory: HostPath): readonly HostPath[] => {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.conf'))
      .sort(byCodeUnit)
      .map((name) => join(directory, name))
  } catch {
    return []
  }
}
