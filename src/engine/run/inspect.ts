import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { type Container, isLive, isPaused, readPorts } from '../../runtime/container/index.ts'
import { fixedHostConfig, orNull } from './inspect-empty.ts'
import { deviceLimitsOf, isolationOf } from './inspect-isolation.ts'
import { healthStateOf, lifeConfigOf, restartCountOf } from './inspect-life.ts'
import { inspectMounts, mountSettings } from './inspect-mounts.ts'
import { networkSettingsOf, portBindingsOf } from './inspect-network.ts'

/** A time that is none, as docker writes it. */
const never = '0001-01-01T00:00:00Z'

/** The container as `docker inspect` shows one: the members that mean something here. */
export const inspectContainer = (container: Container): Readonly<Record<string, unknown>> => {
  const { record, dir } = container
  const ports = container.status.kind === 'running' ? readPorts(dir) : []
  return {
    Id: record.id,
    Created: record.created,
    Path: record.args[0] ?? '',
    Args: record.args.slice(1),
    State: stateOf(container),
    Image: record.imageId,
    ResolvConfPath: `${dir}/resolv.conf`,
    HostnamePath: `${dir}/hostname`,
    HostsPath: `${dir}/hosts`,
    LogPath: `${dir}/log`,
    Name: `/${record.name}`,
    RestartCount: restartCountOf(container),
    Driver: 'overlay',
    Platform: 'linux',
    HostConfig: hostConfigOf(container),
    ...(record.options.pidFile === undefined ? {} : { PidFile: record.options.pidFile }),
    Mounts: inspectMounts(container),
    Config: configOf(container),
    NetworkSettings: networkSettingsOf(container, ports),
  }
}

const stateOf = (container: Container): Readonly<Record<string, unknown>> => {
  const { status } = container
  const paused = isPaused(container)
  const exit = status.kind === 'exited' || status.kind === 'restarting' ? status.exit : undefined
  const failure = status.kind === 'created' ? status.failure : undefined
  const startedAt =
    status.kind === 'running' ? status.init.startedAt : 'startedAt' in status ? status.startedAt : undefined
  return {
    Status: paused ? 'paused' : status.kind,
    Running: isLive(status),
    Paused: paused,
    Restarting: status.kind === 'restarting',
    OOMKilled: exit?.oomKilled ?? false,
    Dead: status.kind === 'dead',
    Pid: status.kind === 'running' ? status.init.pid : 0,
    ExitCode: exit?.exitCode ?? failure?.exitCode ?? 0,
    Error: exit?.error ?? failure?.error ?? '',
    StartedAt: startedAt ?? never,
    FinishedAt: exit?.finishedAt ?? never,
    ...healthStateOf(container),
  }
}

const configOf = ({ record }: Container): Readonly<Record<string, unknown>> => {
  const { options } = record
  const { config } = options
  return {
    Hostname: options.hostname,
    Domainname: options.domainname ?? '',
    User: options.user,
    AttachStdin: options.attach?.includes('stdin') ?? options.interactive,
    AttachStdout: options.attach?.includes('stdout') ?? true,
    AttachStderr: options.attach?.includes('stderr') ?? true,
    Tty: options.terminal,
    OpenStdin: options.interactive,
    StdinOnce: options.life?.stdinOnce ?? false,
    Env: config.Env ?? [],
    Cmd: options.command?.length ? options.command : (config.Cmd ?? null),
    Image: record.image,
    Volumes: config.Volumes ?? null,
    WorkingDir: options.workdir ?? config.WorkingDir ?? '',
    Entrypoint: options.entrypoint ?? config.Entrypoint ?? null,
    OnBuild: null,
    ...exposedPorts(config.ExposedPorts ?? {}),
    Labels: config.Labels ?? {},
    ...(config.Healthcheck === undefined ? {} : { Healthcheck: config.Healthcheck }),
    ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    ...(options.stopTimeout === undefined ? {} : { StopTimeout: options.stopTimeout }),
    // Podman's.
    ...(options.runTimeout === undefined ? {} : { Timeout: options.runTimeout }),
    ...(options.umask === undefined ? {} : { Umask: options.umask.toString(8).padStart(4, '0') }),
  }
}

/** Docker leaves the member out when it is empty. */
const exposedPorts = (ports: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const names = Object.keys(ports).sort(byCodeUnit)
  return names.length === 0 ? {} : { ExposedPorts: Object.fromEntries(names.map((name) => [name, {}])) }
}

/** As docker: what --cpus makes of quota and period is shown as NanoCpus alone. */
const cpuLimits = ({
  cpus,
  resources: { cpu },
}: Container['record']['options']): Readonly<Record<string, unknown>> => ({
  NanoCpus: Math.round((cpus ?? 0) * 1e9),
  CpuShares: cpu?.shares ?? 0,
  CpuPeriod: cpus === undefined ? (cpu?.period ?? 0) : 0,
  CpuQuota: cpus === undefined ? (cpu?.quota ?? 0) : 0,
  CpusetCpus: cpu?.cpus ?? '',
  CpusetMems: cpu?.mems ?? '',
})

const capability = (name: string): string => {
  const upper = name.toUpperCase()
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`
}

const hostConfigOf = ({ record }: Container): Readonly<Record<string, unknown>> => {
  const { options } = record
  const { memory, pids } = options.resources
  return {
    ...fixedHostConfig,
    ...mountSettings(options.mounts),
    NetworkMode: options.network,
    Links: orNull(
      (options.links ?? []).map(({ container, alias }) => `/${container}:/${record.name}/${alias}`),
    ),
    PortBindings: portBindingsOf(options.ports),
    ...lifeConfigOf(options),
    AutoRemove: options.autoRemove,
    CapAdd: orNull(options.capAdd.map(capability)),
    CapDrop: orNull(options.capDrop.map(capability)),
    Dns: options.dns,
    DnsSearch: options.dnsSearch,
    DnsOptions: options.dnsOptions,
    ExtraHosts: orNull(options.extraHosts.map(({ name, address }) => `${name}:${address}`)),
    Privileged: options.privileged,
    ReadonlyRootfs: options.readonlyRoot,
    SecurityOpt: orNull([
      ...(options.noNewPrivileges ? ['no-new-privileges'] : []),
      ...(options.seccomp.kind === 'default' ? [] : [`seccomp=${options.seccomp.kind}`]),
    ]),
    ...isolationOf(options),
    ShmSize: options.shmSize ?? 64 << 20,
    ...(options.init ? { Init: true } : {}),
    Memory: memory?.limit ?? 0,
    MemorySwap: memory?.swap ?? 0,
    MemoryReservation: memory?.reservation ?? 0,
    MemorySwappiness: memory?.swappiness ?? null,
    OomKillDisable: memory?.disableOOMKiller ?? false,
    OomScoreAdj: options.oomScoreAdj ?? 0,
    BlkioWeight: options.resources.blockIO?.weight ?? 0,
    ...deviceLimitsOf(options),
    CgroupParent: options.cgroupParent ?? '',
    ...(options.annotations === undefined ? {} : { Annotations: options.annotations }),
    ...cpuLimits(options),
    PidsLimit: pids === undefined ? null : Math.max(pids.limit, 0),
    Ulimits: options.rlimits.map(({ type, soft, hard }) => ({
      Name: type.replace('RLIMIT_', '').toLowerCase(),
      Soft: soft,
      Hard: hard,
    })),
  }
}
