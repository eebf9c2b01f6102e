import { exitCode } from '../../foundation/errors/index.ts'
import { quotaOfCpus } from '../cgroup/index.ts'
import { ContainerError } from './errors.ts'
import type { ContainerOptions } from './types.ts'

type Limits = Pick<ContainerOptions, 'resources' | 'cpus'>

/** Limits that are to be changed; 0 changes nothing, -1 takes the limit away. */
export interface LimitChanges {
  /** Of `cpu`, quota and period come from `cpus` where that is given. */
  readonly resources: Pick<ContainerOptions['resources'], 'memory' | 'cpu' | 'pids' | 'blockIO'>
  /** --cpus */
  readonly cpus?: number
}

/** All limits as they are to be. Throws `bad-limit` for docker's contradictions. */
export const mergedLimits = (old: ContainerOptions, wish: LimitChanges): Limits => {
  refuseTwoQuotas(old, wish)
  const { resources } = old
  const { memory, cpu, pids, blockIO } = said(wish.resources)
  const quota = wish.cpus === undefined ? {} : quotaOfCpus(wish.cpus)
  const cpus = wish.cpus ?? old.cpus
  return {
    resources: {
      ...resources,
      ...(memory ? { memory: mergedMemory(old, memory) } : {}),
      ...(cpu || wish.cpus !== undefined ? { cpu: { ...resources.cpu, ...cpu, ...quota } } : {}),
      ...(pids ? { pids } : {}),
      ...(blockIO ? { blockIO: { ...resources.blockIO, ...blockIO } } : {}),
    },
    ...(cpus === undefined ? {} : { cpus }),
  }
}

/** Of the limits as they are to be, those that must be written. The kernel has some in one file, or checks one by another. */
export const changedResources = (
  { memory, cpu, pids, blockIO }: ContainerOptions['resources'],
  wish: LimitChanges,
): ContainerOptions['resources'] => {
  const asked = said(wish.resources)
  const { shares, cpus, mems, quota, period } = asked.cpu ?? {}
  const timed = quota !== undefined || period !== undefined || wish.cpus !== undefined
  return {
    ...(asked.memory && memory ? { memory } : {}),
    ...(asked.cpu || timed
      ? {
          cpu: {
            ...(timed ? { ...pick('quota', cpu?.quota), ...pick('period', cpu?.period) } : {}),
            ...(shares === undefined ? {} : pick('shares', cpu?.shares)),
            ...(cpus === undefined ? {} : pick('cpus', cpu?.cpus)),
            ...(mems === undefined ? {} : pick('mems', cpu?.mems)),
          },
        }
      : {}),
    ...(asked.pids ? { pids: pids ?? { limit: -1 } } : {}),
    ...(asked.blockIO ? { blockIO: pick('weight', blockIO?.weight) } : {}),
  }
}

const pick = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })

/** Without the members that change nothing; a group of which nothing is left is absent. */
const said = (resources: LimitChanges['resources']): LimitChanges['resources'] =>
  Object.fromEntries(
    Object.entries(resources).flatMap(([group, limits]) => {
      const kept = Object.entries(limits).filter(([, value]) => value !== 0 && value !== '')
      return kept.length === 0 ? [] : [[group, Object.fromEntries(kept)]]
    }),
  )

type Memory = NonNullable<ContainerOptions['resources']['memory']>

const mergedMemory = ({ resources }: ContainerOptions, wish: Memory): Memory => {
  const old = resources.memory ?? {}
  const next = { ...old, ...wish }
  if (wish.limit === undefined || wish.swap !== undefined) return next
  // As under `run`: as much swap again, unless somebody has said another sum.
  if (old.swap === undefined) return { ...next, swap: wish.limit * 2 }
  if (old.swap > 0 && wish.limit > old.swap)
    throw bad(
      `memory limit ${wish.limit}: memory and swap together are limited to ${old.swap}`,
      'change --memory-swap with it',
    )
  return next
}

const refuseTwoQuotas = (old: ContainerOptions, wish: LimitChanges): void => {
  const { quota = 0, period = 0 } = wish.resources.cpu ?? {}
  const asked = quota > 0 || period > 0
  const own = old.resources.cpu
  if (old.cpus !== undefined && asked)
    throw bad('--cpu-quota or --cpu-period: --cpus is set', 'change --cpus')
  if (wish.cpus === undefined || old.cpus !== undefined) return
  if (asked || (own?.quota ?? 0) > 0 || (own?.period ?? 0) > 0)
    throw bad('--cpus: --cpu-quota or --cpu-period is set', 'change those')
}

const bad = (what: string, hint: string): ContainerError =>
  new ContainerError('bad-limit', `set ${what}`, { exitCode: exitCode.engine, hint })
