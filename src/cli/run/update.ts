import type { Command } from 'commander'
import { openContainerStore, type UpdateWish, updateContainer } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { given } from './given.ts'
import { parseRestart } from './life-options.ts'
import { checkedCpus, checkedCpuset } from './limit-options.ts'
import { parseBytes, parseWhole } from './parse-values.ts'
import { parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly memory?: string
  readonly memorySwap?: string
  readonly memoryReservation?: string
  readonly cpus?: string
  readonly cpuShares?: string
  readonly cpuQuota?: string
  readonly cpuPeriod?: string
  readonly cpusetCpus?: string
  readonly cpusetMems?: string
  readonly pidsLimit?: string
  readonly blkioWeight?: string
  readonly restart?: string
  readonly kernelMemory?: string
  readonly cpuRtPeriod?: string
  readonly cpuRtRuntime?: string
}

const define = (command: Command): Command =>
  command
    .description('Change limits and restart policies of containers, also while they run')
    .argument('<container...>', 'names or ids')
    .option('-m, --memory <bytes>', 'most memory')
    .option('--memory-swap <bytes>', 'most memory and swap together; -1 is unlimited')
    .option('--memory-reservation <bytes>', 'memory that is left when others need some')
    .option('--cpus <number>', 'most CPU time, in CPUs')
    .option('-c, --cpu-shares <number>', 'weight against others')
    .option('--cpu-quota <microseconds>', 'most CPU time in a period; -1 is unlimited')
    .option('--cpu-period <microseconds>', 'length of that period')
    .option('--cpuset-cpus <list>', 'CPUs to run on, such as 0-2,4')
    .option('--cpuset-mems <list>', 'memory nodes to use')
    .option('--pids-limit <number>', 'most processes; -1 is unlimited')
    .option('--blkio-weight <number>', 'weight of disk access, 10 to 1000')
    .option('--restart <policy>', 'no, always, unless-stopped or on-failure[:TIMES]')
    .option('--kernel-memory <bytes>', 'accepted: kernels count it with --memory')
    .option('--cpu-rt-period <microseconds>', 'not supported')
    .option('--cpu-rt-runtime <microseconds>', 'not supported')

/** `tsrun update [OPTIONS] CONTAINER...`: prints the words of those that were changed, as docker does. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('update', argv, cli, define)
  if (!parsed) return 0
  const { options, args } = parsed
  if (Object.keys(options).length === 0)
    throw usage('update', 'expected an option that changes something', undefined, exitCode.failed)
  const wish = wishOf(options)
  const containers = openContainerStore(cli.root)
  return forEachWord(args, cli, (word) => {
    updateContainer(containers, containers.find(word), wish)
    return word
  })
}

const wishOf = (flags: Options): UpdateWish => {
  if (flags.cpuRtPeriod !== undefined || flags.cpuRtRuntime !== undefined)
    throw usage(
      'update',
      '--cpu-rt-period and --cpu-rt-runtime: not supported',
      '--cpu-shares and --cpus are',
    )
  const cpus = flags.cpus === undefined || Number(flags.cpus) === 0 ? undefined : checkedCpus(flags.cpus)
  return {
    resources: {
      memory: memoryOf(flags),
      cpu: cpuOf(flags),
      ...(flags.pidsLimit === undefined ? {} : { pids: { limit: pidsOf(flags.pidsLimit) } }),
      blockIO: given('weight', whole('--blkio-weight', flags.blkioWeight, 0, 1000)),
    },
    ...given('cpus', cpus),
    ...given('restart', flags.restart === undefined ? undefined : parseRestart(flags.restart)),
  }
}

const memoryOf = (flags: Options): NonNullable<UpdateWish['resources']['memory']> => {
  const bytes = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseBytes(flag, text)
  return {
    ...given('limit', bytes('--memory', flags.memory)),
    ...given('swap', flags.memorySwap === '-1' ? -1 : bytes('--memory-swap', flags.memorySwap)),
    ...given('reservation', bytes('--memory-reservation', flags.memoryReservation)),
  }
}

const cpuOf = (flags: Options): NonNullable<UpdateWish['resources']['cpu']> => ({
  ...given('shares', whole('--cpu-shares', flags.cpuShares, 0)),
  ...given('quota', whole('--cpu-quota', flags.cpuQuota, -1)),
  ...given('period', whole('--cpu-period', flags.cpuPeriod, 0)),
  ...given('cpus', flags.cpusetCpus === undefined ? undefined : checkedCpuset(flags.cpusetCpus)),
  ...given('mems', flags.cpusetMems),
})

/** 0 and -1 are both no limit. */
const pidsOf = (text: string): number => parseWhole('--pids-limit', text, -1) || -1

const whole = (flag: string, text: string | undefined, min: number, max?: number): number | undefined =>
  text === undefined ? undefined : parseWhole(flag, text, min, max)
