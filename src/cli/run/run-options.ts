import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { type CreateOptions, type MountWish, quotaOfCpus, type SeccompChoice } from '../../engine/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'
import { parseEnvironment } from './parse-env.ts'
import { parseMount, parseTmpfs, parseVolume } from './parse-mounts.ts'
import { parseExpose, parsePublish } from './parse-ports.ts'
import {
  parseBytes,
  parseCpus,
  parseExtraHost,
  parseLabels,
  parseUlimit,
  parseWhole,
} from './parse-values.ts'
import { usage } from './parse-verb.ts'
import type { RunFlags } from './run-flags.ts'

/** A command line of `run` or `create`, in the engine's words. */
export interface RunWish {
  readonly options: Omit<CreateOptions, 'mounts'>
  readonly mounts: readonly MountWish[]
}

/** Everything that can be told without the store. Throws `usage` (exit code 125). */
export const toRunWish = (flags: RunFlags, command: readonly string[], cli: CliContext): RunWish => {
  refuseUnsupported(flags)
  return {
    options: {
      command,
      ...basics(flags, cli),
      ...isolation(flags, cli),
      ...networking(flags),
      resources: resources(flags),
      rlimits: (flags.ulimit ?? []).map(parseUlimit),
    },
    mounts: [
      ...(flags.volume ?? []).map((text) => parseVolume(text, cli.cwd)),
      ...(flags.mount ?? []).map((text) => parseMount(text, cli.cwd)),
      ...(flags.tmpfs ?? []).map(parseTmpfs),
    ],
  }
}

const refuseUnsupported = ({ restart, pull, platform }: RunFlags): void => {
  if (restart !== undefined && restart !== 'no') {
    throw usage('run', `--restart ${restart}: only "no" is supported yet`, 'leave the option out')
  }
  if (pull !== undefined && !['missing', 'never', 'always'].includes(pull)) {
    throw usage('run', `--pull ${pull}: expected missing, never or always`)
  }
  if (platform !== undefined) parsePlatform(platform)
}

/** Members without a value are left out, so that the image's own and the defaults count. */
const given = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })

const basics = (flags: RunFlags, cli: CliContext): CreateOptions => ({
  ...given('name', flags.name),
  ...(flags.entrypoint === undefined
    ? {}
    : { entrypoint: flags.entrypoint === '' ? [] : [flags.entrypoint] }),
  env: parseEnvironment(cli, flags.envFile ?? [], flags.env ?? []),
  labels: parseLabels(flags.label ?? []),
  ...given('workdir', flags.workdir),
  ...given('user', flags.user),
  terminal: flags.tty ?? false,
  interactive: flags.interactive ?? false,
  autoRemove: flags.rm ?? false,
  init: flags.init ?? false,
  ...given('hostname', flags.hostname === undefined ? undefined : checkHostname(flags.hostname)),
  ...given('domainname', flags.domainname),
  ...given('stopSignal', flags.stopSignal),
  ...(flags.stopTimeout === undefined
    ? {}
    : { stopTimeout: parseWhole('--stop-timeout', flags.stopTimeout, -1) }),
})

/** RFC 1123, as far as the kernel and /etc/hosts care. */
const checkHostname = (name: string): string => {
  if (/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62})$/.test(name)) return name
  throw usage('run', `-h ${JSON.stringify(name)}: expected letters, digits, "." and "-", at most 63`)
}

const isolation = (flags: RunFlags, cli: CliContext): CreateOptions => {
  const base = {
    readonlyRoot: flags.readOnly ?? false,
    privileged: flags.privileged ?? false,
    capAdd: flags.capAdd ?? [],
    capDrop: flags.capDrop ?? [],
    ...(flags.shmSize === undefined ? {} : { shmSize: parseBytes('--shm-size', flags.shmSize) }),
  }
  return Object.assign(base, ...(flags.securityOpt ?? []).map((text) => securityOption(text, cli)))
}

const securityOption = (text: string, cli: CliContext): CreateOptions => {
  const [key = '', value] = text.split(/[=:](.*)/s, 2)
  if (key === 'no-new-privileges') return { noNewPrivileges: value !== 'false' }
  if (key === 'seccomp' && value) return { seccomp: seccompChoice(value, cli) }
  // There is neither AppArmor nor SELinux confinement to turn off yet.
  if ((key === 'apparmor' || key === 'label') && /^(unconfined|disable)$/.test(value ?? '')) return {}
  throw usage(
    'run',
    `--security-opt ${JSON.stringify(text)}: not supported`,
    'supported: no-new-privileges, seccomp=unconfined, seccomp=FILE',
  )
}

const seccompChoice = (value: string, cli: CliContext): SeccompChoice => {
  if (value === 'unconfined') return { kind: 'unconfined' }
  if (value === 'builtin' || value === 'default') return { kind: 'default' }
  const path = resolve(cli.cwd, value)
  try {
    return { kind: 'profile', text: readFileSync(path, 'utf8') }
  } catch (error) {
    throw new AppError('bad-seccomp-profile', `read seccomp profile ${path}: ${errnoOf(error) ?? 'failed'}`, {
      exitCode: exitCode.engine,
      cause: error,
    })
  }
}

const networking = (flags: RunFlags): CreateOptions => ({
  network: networkKind(flags.network ?? flags.net ?? 'bridge'),
  ports: (flags.publish ?? []).flatMap(parsePublish),
  publishAll: flags.publishAll ?? false,
  expose: (flags.expose ?? []).flatMap(parseExpose),
  extraHosts: (flags.addHost ?? []).map(parseExtraHost),
  dns: flags.dns ?? [],
  dnsSearch: flags.dnsSearch ?? [],
  dnsOptions: flags.dnsOption ?? [],
})

const networkKind = (mode: string): 'bridge' | 'host' | 'none' => {
  if (mode === 'bridge' || mode === 'default') return 'bridge'
  if (mode === 'host' || mode === 'none') return mode
  throw usage('run', `--network ${JSON.stringify(mode)}: not supported yet`, 'supported: bridge, host, none')
}

const resources = (flags: RunFlags): NonNullable<CreateOptions['resources']> => {
  const memory = memoryOf(flags)
  const cpu = cpuOf(flags)
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(flags.pidsLimit === undefined
      ? {}
      : { pids: { limit: parseWhole('--pids-limit', flags.pidsLimit, -1) } }),
  }
}

const memoryOf = ({ memory, memorySwap, memoryReservation }: RunFlags) => {
  const limit = memory === undefined ? undefined : parseBytes('--memory', memory)
  if (memorySwap !== undefined && limit === undefined) {
    throw usage('run', '--memory-swap needs --memory', 'say how much of it may be memory')
  }
  // Docker's default: as much swap again as memory.
  const swap =
    memorySwap === undefined
      ? limit && limit * 2
      : memorySwap === '-1'
        ? -1
        : parseBytes('--memory-swap', memorySwap)
  return {
    ...given('limit', limit),
    ...given('swap', swap),
    ...given(
      'reservation',
      memoryReservation === undefined ? undefined : parseBytes('--memory-reservation', memoryReservation),
    ),
  }
}

const cpuOf = (flags: RunFlags) => {
  const number = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseWhole(flag, text, 0)
  if (flags.cpus !== undefined && (flags.cpuQuota !== undefined || flags.cpuPeriod !== undefined)) {
    throw usage('run', '--cpus and --cpu-quota or --cpu-period cannot be used together', 'use one of them')
  }
  return {
    ...(flags.cpus === undefined ? {} : quotaOfCpus(checkedCpus(flags.cpus))),
    ...given('quota', number('--cpu-quota', flags.cpuQuota)),
    ...given('period', number('--cpu-period', flags.cpuPeriod)),
    ...given('shares', number('--cpu-shares', flags.cpuShares)),
    ...given('cpus', flags.cpusetCpus),
    ...given('mems', flags.cpusetMems),
  }
}

/** More CPUs than there are is a mistake that docker refuses too. */
const checkedCpus = (text: string): number => {
  const wanted = parseCpus(text)
  const there = cpus().length
  if (wanted > there)
    throw usage('run', `--cpus ${text}: expected at most ${there}`, `this machine has ${there} CPUs`)
  return wanted
}
