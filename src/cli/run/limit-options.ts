import { cpus } from 'node:os'
import { type CreateOptions, type DeviceLimit, quotaOfCpus } from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { bytesOf } from '../value-forms.ts'
import { given } from './given.ts'
import type { LimitFlags } from './limit-flags.ts'
import { pairs, parseBytes, parseCpus, parseUlimit, parseWhole } from './parse-values.ts'
import { usage } from './parse-verb.ts'

/** What a container may use at most. Tells on the standard error what is dangerous. Throws `usage`, `bad-limit`. */
export const limits = (flags: LimitFlags, cli: Pick<CliContext, 'stderr'>): CreateOptions => {
  if (flags.oomKillDisable && flags.memory === undefined)
    cli.stderr.write(
      'tsrun: warning: --oom-kill-disable without --memory: the whole machine may run out of memory\n',
    )
  return limitsOf(flags)
}

const limitsOf = (flags: LimitFlags): CreateOptions => ({
  resources: resources(flags),
  ...given('cpus', cpusOf(flags)),
  rlimits: (flags.ulimit ?? []).map(parseUlimit),
  deviceLimits: deviceLimitsOf(flags),
  ...given('cgroupParent', flags.cgroupParent),
  ...given(
    'oomScoreAdj',
    flags.oomScoreAdj === undefined
      ? undefined
      : parseWhole('--oom-score-adj', flags.oomScoreAdj, -1000, 1000),
  ),
})

const resources = (flags: LimitFlags): NonNullable<CreateOptions['resources']> => {
  const memory = memoryOf(flags)
  const cpu = cpuOf(flags)
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...pidsOf(flags),
    ...(flags.blkioWeight === undefined
      ? {}
      : { blockIO: { weight: parseWhole('--blkio-weight', flags.blkioWeight, 0, 1000) } }),
    ...given('unified', flags.cgroupConf && pairs('--cgroup-conf', flags.cgroupConf)),
  }
}

/** 0 and what is below are no limit. */
const pidsOf = ({ pidsLimit }: LimitFlags): Pick<NonNullable<CreateOptions['resources']>, 'pids'> => {
  const limit = pidsLimit === undefined ? 0 : parseWhole('--pids-limit', pidsLimit, Number.MIN_SAFE_INTEGER)
  return limit > 0 ? { pids: { limit } } : {}
}

const memoryOf = (flags: LimitFlags) => {
  const { memory, memorySwap, memoryReservation, memorySwappiness, oomKillDisable } = flags
  const limit = memory === undefined ? undefined : parseBytes('--memory', memory)
  if (memorySwap !== undefined && memorySwap !== '-1' && limit === undefined) {
    throw badLimit('--memory-swap needs --memory', 'say how much of it may be memory')
  }
  // Docker's default: as much swap again as memory.
  const swap =
    memorySwap === undefined
      ? limit && limit * 2
      : memorySwap === '-1'
        ? -1
        : parseBytes('--memory-swap', memorySwap)
  const reservation =
    memoryReservation === undefined ? undefined : parseBytes('--memory-reservation', memoryReservation)
  checkMemory(limit, swap, reservation)
  return {
    ...given('limit', limit),
    ...given('swap', limit === undefined ? undefined : swap),
    ...given(
      'swappiness',
      memorySwappiness === undefined || memorySwappiness === '-1'
        ? undefined
        : parseWhole('--memory-swappiness', memorySwappiness, 0, 100),
    ),
    ...(oomKillDisable ? { disableOOMKiller: true } : {}),
    ...given('reservation', reservation),
  }
}

const checkMemory = (
  limit: number | undefined,
  swap: number | undefined,
  reservation: number | undefined,
): void => {
  if (reservation !== undefined && reservation > 0 && reservation < 6 << 20)
    throw badLimit('--memory-reservation: expected at least 6m', 'a container needs as much to start')
  if (limit === undefined) return
  if (swap !== undefined && swap > 0 && swap < limit)
    throw badLimit('--memory-swap: expected at least --memory', 'it is memory and swap together')
  if (reservation !== undefined && reservation > limit)
    throw badLimit('--memory-reservation: expected at most --memory', 'the limit is never passed')
}

/** Numbers that are right alone: docker refuses them when it makes the container. */
const badLimit = (message: string, hint: string): AppError =>
  new AppError('bad-limit', message, { exitCode: exitCode.engine, hint })

const cpuOf = (flags: LimitFlags) => {
  const number = (flag: string, text: string | undefined, least = 0): number | undefined =>
    text === undefined ? undefined : parseWhole(flag, text, least)
  const cpus = cpusOf(flags)
  if (cpus !== undefined && (flags.cpuQuota !== undefined || flags.cpuPeriod !== undefined)) {
    throw badLimit('--cpus and --cpu-quota or --cpu-period cannot be used together', 'use one of them')
  }
  return {
    ...(cpus === undefined ? {} : quotaOfCpus(cpus)),
    ...given('quota', number('--cpu-quota', flags.cpuQuota, -1)),
    ...given('period', number('--cpu-period', flags.cpuPeriod)),
    ...given('shares', number('--cpu-shares', flags.cpuShares)),
    ...given('cpus', flags.cpusetCpus === undefined ? undefined : checkedCpuset(flags.cpusetCpus)),
    ...given('mems', flags.cpusetMems),
  }
}

/** 0 is no limit, as in docker. */
const cpusOf = ({ cpus: text }: LimitFlags): number | undefined =>
  text === undefined || /^0*\.?0*$/.test(text) ? undefined : checkedCpus(text)

/** `0-2,5`: of the CPUs that there are. */
export const checkedCpuset = (text: string): string => {
  const ends = text.split(/[-,]/).map(Number)
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text))
    throw badLimit(`--cpuset-cpus ${text}: expected a list such as 0-2,5`, 'numbers count from 0')
  if (Math.max(...ends) >= cpus().length)
    throw badLimit(`--cpuset-cpus ${text}: expected at most ${cpus().length - 1}`, 'CPUs count from 0')
  return text
}

/** More CPUs than there are is a mistake that docker refuses too. */
export const checkedCpus = (text: string): number => {
  const wanted = parseCpus(text)
  const there = cpus().length
  if (wanted > there)
    throw badLimit(`--cpus ${text}: expected at most ${there}`, `this machine has ${there} CPUs`)
  return wanted
}

const deviceLimitsOf = (flags: LimitFlags): NonNullable<CreateOptions['deviceLimits']> => {
  const of = (
    kind: DeviceLimit['kind'],
    flag: string,
    words: readonly string[] = [],
    numberOf = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined),
  ): readonly DeviceLimit[] =>
    words.map((word) => {
      const colon = word.lastIndexOf(':')
      const [path, value] = [word.slice(0, colon), numberOf(word.slice(colon + 1))]
      if (path.startsWith('/dev/') && value !== undefined && value > 0) return { kind, path, value }
      throw usage('run', `${flag} ${JSON.stringify(word)}: expected /dev/DEVICE:NUMBER`)
    })
  const weightOf = (text: string): number | undefined =>
    /^\d+$/.test(text) && Number(text) >= 10 && Number(text) <= 1000 ? Number(text) : undefined
  return [
    ...of('weight', '--blkio-weight-device', flags.blkioWeightDevice, weightOf),
    ...of('read-bps', '--device-read-bps', flags.deviceReadBps, bytesOf),
    ...of('write-bps', '--device-write-bps', flags.deviceWriteBps, bytesOf),
    ...of('read-iops', '--device-read-iops', flags.deviceReadIops),
    ...of('write-iops', '--device-write-iops', flags.deviceWriteIops),
  ]
}
