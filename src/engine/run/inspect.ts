import { type Container, isLive, isPaused, readPorts } from '../../runtime/container/index.ts'
import { deviceLimitsOf, isolationOf } from './inspect-isolation.ts'
import { healthStateOf, lifeConfigOf, restartCountOf } from './inspect-life.ts'
import { inspectMounts, mountSettings } from './inspect-mounts.ts'
import { networkSettingsOf } from './inspect-network.ts'

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
    Mounts: inspectMounts(container),
    Config: configOf(container),
    NetworkSettings: networkSettingsOf(container, ports),
  }
}

const stateOf = (container: Container): Readonly<Record<string, unknown>> => {
  const { status } = container
  const paused = isPaused(container)
  const exit = status.kind === 'exited' || status.kind === 'restarting' ? status.exit : undefined
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
    ExitCode: exit?.exitCode ?? 0,
    Error: exit?.error ?? '',
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
    AttachStdin: options.interactive,
    Tty: options.terminal,
    OpenStdin: options.interactive,
    StdinOnce: options.life?.stdinOnce ?? false,
    Env: config.Env ?? [],
    Cmd: options.command?.length ? options.command : (config.Cmd ?? null),
    Image: record.image,
    Volumes: config.Volumes ?? null,
    WorkingDir: options.workdir ?? config.WorkingDir ?? '',
    Entrypoint: options.entrypoint ?? config.Entrypoint ?? null,
    ExposedPorts: config.ExposedPorts ?? {},
    Labels: config.Labels ?? {},
    ...(config.Healthcheck === undefined ? {} : { Healthcheck: config.Healthcheck }),
    ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    ...(options.stopTimeout === undefined ? {} : { StopTimeout: options.stopTimeout }),
  }
}

const hostConfigOf = ({ record }: Container): Readonly<Record<string, unknown>> => {
  const { options } = record
  const { memory, cpu, pids } = options.resources
  return {
    ...mountSettings(options.mounts),
    NetworkMode: options.network,
    Links: (options.links ?? []).map(({ container, alias }) => `/${container}:/${record.name}/${alias}`),
    PortBindings: Object.fromEntries(
      options.ports.map((port) => [
        `${port.containerPort}/${port.protocol}`,
        [{ HostIp: port.hostAddress ?? '', HostPort: port.hostPort === 0 ? '' : String(port.hostPort) }],
      ]),
    ),
    ...lifeConfigOf(options),
    AutoRemove: options.autoRemove,
    CapAdd: options.capAdd,
    CapDrop: options.capDrop,
    Dns: options.dns,
    DnsSearch: options.dnsSearch,
    DnsOptions: options.dnsOptions,
    ExtraHosts: options.extraHosts.map(({ name, address }) => `${name}:${address}`),
    Privileged: options.privileged,
    ReadonlyRootfs: options.readonlyRoot,
    SecurityOpt: [
      ...(options.noNewPrivileges ? ['no-new-privileges'] : []),
      ...(options.seccomp.kind === 'default' ? [] : [`seccomp=${options.seccomp.kind}`]),
    ],
    ...isolationOf(options),
    ShmSize: options.shmSize ?? 64 << 20,
    Init: options.init,
    Memory: memory?.limit ?? 0,
    MemorySwap: memory?.swap ?? 0,
    MemoryReservation: memory?.reservation ?? 0,
    MemorySwappiness: memory?.swappiness ?? null,
    OomKillDisable: memory?.disableOOMKiller ?? null,
    OomScoreAdj: options.oomScoreAdj ?? 0,
    BlkioWeight: options.resources.blockIO?.weight ?? 0,
    ...deviceLimitsOf(options),
    CgroupParent: options.cgroupParent ?? '',
    CpuShares: cpu?.shares ?? 0,
    CpuPeriod: cpu?.period ?? 0,
    CpuQuota: cpu?.quota ?? 0,
    CpusetCpus: cpu?.cpus ?? '',
    CpusetMems: cpu?.mems ?? '',
    PidsLimit: pids?.limit ?? null,
    Ulimits: options.rlimits.map(({ type, soft, hard }) => ({
      Name: type.replace('RLIMIT_', '').toLowerCase(),
      Soft: soft,
      Hard: hard,
    })),
  }
}
