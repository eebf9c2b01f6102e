import { join } from 'node:path'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { RegistryError } from '../errors.ts'
import type { Capability, Endpoint, HostsConfig, HostTls } from '../types.ts'
import { certificatesIn, certificatesOf, joinTls } from './certificate-files.ts'
import { hostsPlaces } from './hosts-places.ts'
import type { DaemonConfig } from './parse-daemon-json.ts'
import type { HostEntry, HostsToml } from './parse-hosts-toml.ts'
import type { ConfiguredRegistry } from './parse-registries-conf.ts'
import { plainEndpoint } from './plain-endpoint.ts'
import { serverOf } from './registry-name.ts'

export interface HostsOptions {
  /** HOME, XDG_CONFIG_HOME; TSBUILD_CERTS_D, TSBUILD_REGISTRIES_CONF, TSBUILD_DAEMON_JSON. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * What the machine's configuration says; read when it is first asked. A registry with a hosts.toml is had as that says, any other as
 * registries.conf says, or else dockerd's daemon.json; certificates of a host's directory hold in all cases.
 */
export const openHosts = ({ env }: HostsOptions): HostsConfig => {
  const places = hostsPlaces(env)
  let configured: Promise<readonly ConfiguredRegistry[]> | undefined
  let daemon: Promise<DaemonConfig | undefined> | undefined
  const tlsOf = (host: string): HostTls =>
    directoriesOf(places.certsDirs, host).map(certificatesIn).reduce(joinTls, {})
  return {
    async endpoints({ registry, repository }) {
      const own = await findHostsToml(places.certsDirs, registry)
      if (own) return fromHostsToml(own.toml, own.directory, { registry, repository, tlsOf })
      configured ??= readConfs(places.registriesConfs)
      const { findConfigured } = await import('./parse-registries-conf.ts')
      const found = findConfigured(await configured, registry, repository)
      if (found) return fromConf(found.entry, found.rest, { registry, repository, tlsOf })
      daemon ??= readDaemonJson(places.daemonJson)
      return fromDaemon(await daemon, { registry, repository, tlsOf })
    },
  }
}

interface Asked {
  readonly registry: string
  readonly repository: string
  readonly tlsOf: (host: string) => HostTls
}

/** As containerd has it: `host:port`, `host_port_`; and `_default` for hosts without one. */
const directoriesOf = (roots: readonly HostPath[], host: string): readonly HostPath[] =>
  roots.flatMap((root) => [
    join(root, host),
    ...(host.includes(':') ? [join(root, host.replace(/:(\d+)$/, '_$1_'))] : []),
  ])

const findHostsToml = async (
  roots: readonly HostPath[],
  registry: string,
): Promise<{ readonly toml: HostsToml; readonly directory: HostPath } | undefined> => {
  const { existsSync } = await import('node:fs')
  const directories = [...directoriesOf(roots, registry), ...roots.map((root) => join(root, '_default'))]
  const directory = directories.find((candidate) => existsSync(join(candidate, 'hosts.toml')))
  if (directory === undefined) return undefined
  const path = join(directory, 'hosts.toml')
  const { readText } = await import('./read-text.ts')
  const { parseHostsToml } = await import('./parse-hosts-toml.ts')
  return { toml: parseHostsToml(path, readText(path) ?? ''), directory }
}

const readConfs = async (paths: readonly HostPath[]): Promise<readonly ConfiguredRegistry[]> => {
  const { existsSync } = await import('node:fs')
  const present = paths.filter((path) => existsSync(path))
  if (present.length === 0) return []
  const { readText } = await import('./read-text.ts')
  const { parseRegistriesConf } = await import('./parse-registries-conf.ts')
  return present.flatMap((path) => parseRegistriesConf(path, readText(path) ?? ''))
}

const fromHostsToml = (toml: HostsToml, directory: HostPath, asked: Asked): readonly Endpoint[] => {
  const { registry, repository, tlsOf } = asked
  const endpoint = (entry: HostEntry): Endpoint => {
    const isOwn = entry.host === registry || entry.host === serverOf(registry)
    const plain = plainEndpoint(isOwn ? registry : entry.host, repository, tlsOf(entry.host))
    return {
      ...plain,
      host: entry.host,
      ...(entry.scheme === undefined ? {} : { scheme: entry.scheme }),
      path: entry.overridePath ? entry.path : `${entry.path.replace(/\/v2$/, '')}/v2`,
      capabilities: entry.capabilities,
      tls: entryTls(plain.tls, entry, directory),
      headers: entry.headers,
      ...(isOwn ? {} : { mirrorOf: registry }),
    }
  }
  const last = toml.server ? endpoint(toml.server) : plainEndpoint(registry, repository, tlsOf(registry))
  // A host table for the server itself says how it is spoken to.
  const mirrors = toml.hosts.map(endpoint)
  return mirrors.some(({ host }) => host === last.host) ? mirrors : [...mirrors, last]
}

/** Who names an authority wants it to be asked, on this machine too. */
const entryTls = ({ skipVerify, ...plain }: HostTls, entry: HostEntry, directory: HostPath): HostTls =>
  joinTls(
    skipVerify && entry.caFiles.length === 0 ? { ...plain, skipVerify } : plain,
    certificatesOf(entry, directory),
  )

/** Nothing exists without dockerd's file: its parser is not even loaded. */
const readDaemonJson = async (path: HostPath): Promise<DaemonConfig | undefined> => {
  const { readText } = await import('./read-text.ts')
  const text = path === '' ? undefined : readText(path)
  if (text === undefined) return undefined
  const { parseDaemonJson } = await import('./parse-daemon-json.ts')
  return parseDaemonJson(path, text)
}

/** As dockerd has it: mirrors are of its own registry, and asked first. */
const fromDaemon = (
  config: DaemonConfig | undefined,
  { registry, repository, tlsOf }: Asked,
): readonly Endpoint[] => {
  const isInsecure = config?.isInsecure ?? (() => false)
  const mirrors = (registry === 'docker.io' && config?.mirrors) || []
  return [
    ...mirrors.map(({ scheme, host, path }): Endpoint => {
      const plain = plainEndpoint(host, repository, tlsOf(host), isInsecure(host))
      return {
        ...plain,
        scheme: scheme === 'http' ? 'http' : plain.scheme,
        path: `${path}/v2`,
        capabilities: new Set<Capability>(['resolve', 'pull']),
      }
    }),
    plainEndpoint(registry, repository, tlsOf(registry), isInsecure(registry)),
  ]
}

const fromConf = (entry: ConfiguredRegistry, rest: string, asked: Asked): readonly Endpoint[] => {
  if (entry.blocked)
    throw new RegistryError('registry-blocked', `use ${asked.registry}/${asked.repository}: it is blocked`, {
      hint: `registries.conf says so of ${entry.prefix}`,
      details: { prefix: entry.prefix },
    })
  const at = (location: string, insecure: boolean): Endpoint => {
    const [host = '', ...path] = `${location}${rest}`.split('/')
    return plainEndpoint(host, path.join('/'), asked.tlsOf(host), insecure)
  }
  const mirrors = entry.mirrors.map(({ location, insecure, use }) => ({
    ...at(location, insecure),
    capabilities: new Set<Capability>(
      use === 'digest-only' ? ['pull'] : use === 'tag-only' ? ['resolve'] : ['resolve', 'pull'],
    ),
  }))
  // Under a wildcard each host is its own location.
  const last = entry.location.startsWith('*.')
    ? plainEndpoint(asked.registry, asked.repository, asked.tlsOf(asked.registry), entry.insecure)
    : at(entry.location, entry.insecure)
  return [...mirrors, last]
}
