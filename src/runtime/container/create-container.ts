import { hostname as hostName } from 'node:os'
import { exitCode } from '../../foundation/errors/index.ts'
import type { ContainerConfig } from '../../foundation/oci/index.ts'
import type { Image } from '../../store/image/index.ts'
import type { SnapshotStore } from '../../store/snapshot/index.ts'
import { createSpec } from '../bundle/index.ts'
import type { UserNamespace } from '../userns/index.ts'
import { cgroupDirectoriesOf } from './container-cgroup.ts'
import { type ContainerId, newContainerId, shortId } from './container-id.ts'
import { settleNetwork } from './container-networks.ts'
import type { ContainerStore } from './container-store.ts'
import type { CreateOptions } from './create-options.ts'
import { ContainerError } from './errors.ts'
import { recordEvent } from './events.ts'
import { resolveImageUser } from './image-user.ts'
import { mergedHealth } from './life-settings.ts'
import { settleNamespaces } from './namespaces.ts'
import { parseSignal } from './signals.ts'
import type { Container, ContainerOptions, PortMapping } from './types.ts'

export interface CreateRequest {
  readonly containers: ContainerStore
  readonly snapshots: SnapshotStore
  readonly image: Image
  /** The image as the user named it. */
  readonly imageName: string
  readonly options: CreateOptions
  /** The host's when absent. */
  readonly userNamespace?: UserNamespace
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Settles everything about a new container and makes it visible; nothing runs yet. The root is made by the first start.
 * Throws for options that contradict the image (unknown user, no command) or name no cgroup, `bad-container-name`, `name-in-use`.
 */
export const createContainer = (request: CreateRequest): Container => {
  const { containers, image, options, now } = request
  const id = newContainerId()
  const settled = settle(id, request)
  const args = checkedArgs(settled)
  if (settled.cgroupParent !== undefined) cgroupDirectoriesOf(id, settled.cgroupParent)
  const name = containers.claimName(id, options.name)
  try {
    const container = containers.write({
      version: 1,
      id,
      name,
      image: request.imageName,
      imageId: image.id,
      created: new Date(now).toISOString(),
      args,
      stack: image.stack,
      options: settled,
    })
    recordEvent(containers.journal, container.record, 'create')
    return container
  } catch (error) {
    containers.discardFiles(id)
    throw error
  }
}

/** The whole spec is made once here, so that mistakes show before the container exists. */
const checkedArgs = (options: ContainerOptions): readonly string[] => {
  const spec = createSpec({
    config: options.config,
    user: options.resolvedUser,
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
    ...(options.workdir === undefined ? {} : { workdir: options.workdir }),
    capAdd: options.capAdd,
    capDrop: options.capDrop,
    mounts: options.mounts.map(({ destination }) => ({ destination, type: 'bind', source: '', options: [] })),
    rlimits: options.rlimits,
    sysctl: options.sysctl ?? {},
    share: options.network === 'host' ? ['network'] : [],
  })
  return spec.process.args
}

const defaults = {
  terminal: false,
  interactive: false,
  autoRemove: false,
  init: false,
  readonlyRoot: false,
  privileged: false,
  capAdd: [],
  capDrop: [],
  noNewPrivileges: false,
  seccomp: { kind: 'default' },
  mounts: [],
  resources: {},
  rlimits: [],
  network: 'bridge',
  extraHosts: [],
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
} as const

const settle = (
  id: ContainerId,
  { image, options, snapshots, containers, userNamespace }: CreateRequest,
): ContainerOptions => {
  const { name: _, env: __, labels, expose, publishAll, stopSignal, unsetEnv, ...said } = options
  const config = mergedConfig(image.config.config ?? {}, options)
  if (config.StopSignal !== undefined) parseSignal(config.StopSignal)
  const user = options.user ?? config.User ?? ''
  const shared = options.network === 'host'
  const sharesName = shared || options.namespaces?.uts === 'host'
  if (options.namespaces?.uts === 'host' && options.hostname !== undefined) throw nameOfHost()
  return {
    ...defaults,
    hostname: sharesName ? hostName() : shortId(id),
    ...said,
    ...settleNetwork(options, containers),
    ...(options.namespaces ? { namespaces: settleNamespaces(options.namespaces, containers) } : {}),
    ...(userNamespace ? { userNamespace } : {}),
    config,
    user,
    resolvedUser: resolveImageUser(user, () => snapshots.union(image.stack), options.groupAdd),
    ports: shared ? [] : portsOf(options, config),
  }
}

const nameOfHost = (): ContainerError =>
  new ContainerError('bad-namespace', "set a host name: the container shares the host's", {
    exitCode: exitCode.engine,
    hint: 'leave out --hostname or --uts=host',
  })

const mergedConfig = (config: ContainerConfig, options: CreateOptions): ContainerConfig => ({
  ...config,
  Env: mergedEnv(keptEnv(config.Env ?? [], options.unsetEnv ?? []), options.env ?? []),
  Labels: { ...config.Labels, ...options.labels },
  ExposedPorts: {
    ...config.ExposedPorts,
    ...Object.fromEntries((options.expose ?? []).map((port) => [port, {}])),
    ...Object.fromEntries(
      (options.ports ?? []).map((port) => [`${port.containerPort}/${port.protocol}`, {}]),
    ),
  },
  ...(options.stopSignal === undefined ? {} : { StopSignal: options.stopSignal }),
  ...mergedHealth(config.Healthcheck, options.life?.health),
})

const keptEnv = (image: readonly string[], unset: 'all' | readonly string[]): readonly string[] =>
  unset === 'all' ? [] : image.filter((variable) => !unset.includes(variable.split('=', 1)[0] ?? ''))

/** In docker's order: what the user says, then what of the image's that leaves alone. */
const mergedEnv = (image: readonly string[], said: readonly string[]): readonly string[] => {
  const nameOf = (variable: string): string => variable.split('=', 1)[0] ?? ''
  const names = new Set(said.map(nameOf))
  return [...said, ...image.filter((variable) => !names.has(nameOf(variable)))]
}

/** What is published: the mappings, and with -P every exposed port that none of them has. */
const portsOf = (options: CreateOptions, config: ContainerConfig): readonly PortMapping[] => {
  const mappings = options.ports ?? []
  const taken = new Set<string>()
  for (const { protocol, hostAddress, hostPort, lastHostPort } of mappings) {
    const key = `${protocol} ${hostAddress ?? ''} ${hostPort}`
    if (lastHostPort !== undefined) continue
    if (hostPort !== 0 && taken.has(key)) {
      throw new ContainerError('port-in-use', `publish port ${hostPort}/${protocol}: it is given twice`, {
        exitCode: exitCode.engine,
      })
    }
    taken.add(key)
  }
  if (!options.publishAll) return mappings
  const exposed = Object.keys(config.ExposedPorts ?? {}).flatMap((text): readonly PortMapping[] => {
    const match = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text)
    const containerPort = Number(match?.[1] ?? 0)
    if (!match || containerPort < 1 || containerPort > 65535) return []
    return [{ protocol: match[2] === 'udp' ? 'udp' : 'tcp', hostPort: 0, containerPort }]
  })
  const has = (port: PortMapping): boolean =>
    mappings.some((m) => m.protocol === port.protocol && m.containerPort === port.containerPort)
  return [...mappings, ...exposed.filter((port) => !has(port))]
}
