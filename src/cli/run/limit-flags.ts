import type { FlagCommand } from '../flag-table.ts'
import { collect } from './parse-verb.ts'

/** Options of `run` and `create` about what a container may use. */
export interface LimitFlags {
  readonly memory?: string
  readonly memorySwap?: string
  readonly memoryReservation?: string
  readonly memorySwappiness?: string
  readonly oomKillDisable?: boolean
  readonly oomScoreAdj?: string
  readonly kernelMemory?: string
  readonly cpus?: string
  readonly cpuShares?: string
  readonly cpuQuota?: string
  readonly cpuPeriod?: string
  readonly cpusetCpus?: string
  readonly cpusetMems?: string
  readonly pidsLimit?: string
  readonly ulimit?: readonly string[]
  readonly blkioWeight?: string
  readonly blkioWeightDevice?: readonly string[]
  readonly deviceReadBps?: readonly string[]
  readonly deviceWriteBps?: readonly string[]
  readonly deviceReadIops?: readonly string[]
  readonly deviceWriteIops?: readonly string[]
  readonly cgroupParent?: string
  readonly cgroupConf?: readonly string[]
}

/** Declares them. */
export const defineLimitFlags = <C extends FlagCommand>(command: C): C =>
  command
    .option('-m, --memory <bytes>', 'most memory')
    .option('--memory-swap <bytes>', 'most memory and swap together; -1 is unlimited')
    .option('--memory-reservation <bytes>', 'memory that is left when others need some')
    .option('--cpus <number>', 'most CPU time, in CPUs')
    .option('-c, --cpu-shares <number>', 'weight against others (default: 1024)')
    .option('--cpu-quota <microseconds>', 'most CPU time in a period')
    .option('--cpu-period <microseconds>', 'length of that period')
    .option('--cpuset-cpus <list>', 'CPUs to run on, such as 0-2,4')
    .option('--cpuset-mems <list>', 'memory nodes to use')
    .option('--pids-limit <number>', 'most processes; -1 is unlimited')
    .option('--ulimit <name=soft:hard>', 'a resource limit (repeatable)', collect)
    .option('--memory-swappiness <number>', 'how readily memory is swapped, 0 to 100')
    .option('--oom-kill-disable', 'let processes wait when memory runs out')
    .option('--oom-score-adj <number>', 'who is killed first when the machine runs out, -1000 to 1000')
    .option('--kernel-memory <bytes>', 'accepted: kernels count it with --memory')
    .option('--blkio-weight <number>', 'weight of disk access, 10 to 1000')
    .option('--blkio-weight-device <path:weight>', 'the same for one device (repeatable)', collect)
    .option('--device-read-bps <path:rate>', 'most bytes read per second (repeatable)', collect)
    .option('--device-write-bps <path:rate>', 'most bytes written per second (repeatable)', collect)
    .option('--device-read-iops <path:rate>', 'most reads per second (repeatable)', collect)
    .option('--device-write-iops <path:rate>', 'most writes per second (repeatable)', collect)
    .option('--cgroup-parent <path>', 'where its cgroups are made (default: tsbuild)')
    .option('--cgroup-conf <file=value>', 'write a file of cgroup v2 (repeatable)', collect)
