import { cpus } from 'node:os'
import { type CreateOptions, quotaOfCpus } from '../../engine/index.ts'
import { given } from './given.ts'
import { parseBytes, parseCpus, parseUlimit, parseWhole } from './parse-values.ts'
import { usage } from './parse-verb.ts'
import type { RunFlags } from './run-flags.ts'

/** What a container may use at most. Throws `usage`. */
export const limits = (flags: RunFlags): Pick<CreateOptions, 'resources' | 'rlimits'> => ({
  resources: resources(flags),
  rlimits: (flags.ulimit ?? []).map(parseUlimit),
})

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
