import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RuntimeResources } from '../../foundation/oci/index.ts'

/** Docker's: below this, a container cannot even start. */
const minMemory = 6 << 20

/** Refuses limits that contradict themselves or lie outside what any kernel takes. Throws `invalid-limit`. */
export const checkResources = (resources: Partial<RuntimeResources>): void => {
  checkMemory(resources.memory ?? {})
  checkCpu(resources.cpu ?? {})
  const weight = resources.blockIO?.weight
  if (weight !== undefined && weight !== 0) inRange('block I/O weight', weight, 10, 1000)
}

const checkMemory = ({
  limit = -1,
  swap = 0,
  reservation = -1,
  swappiness = -1,
}: NonNullable<RuntimeResources['memory']>): void => {
  const limited = limit > 0
  if (limited && limit < minMemory)
    throw invalid(`memory limit ${limit}: expected at least ${minMemory} (6 MiB)`)
  if (swap > 0 && !limited) throw invalid('memory-swap limit: expected a memory limit with it', swapHint)
  if (swap > 0 && swap < limit)
    throw invalid(`memory-swap limit ${swap}: expected at least the memory limit, ${limit}`, swapHint)
  if (limited && reservation > limit)
    throw invalid(`memory reservation ${reservation}: expected at most the memory limit, ${limit}`)
  if (swappiness !== -1) inRange('memory swappiness', swappiness, 0, 100)
}

const swapHint = 'memory-swap is the sum of memory and swap'

const checkCpu = ({ shares, quota, period }: NonNullable<RuntimeResources['cpu']>): void => {
  if (shares !== undefined && shares !== 0) inRange('CPU shares', shares, 2, 262_144)
  if (period !== undefined && period !== 0) inRange('CPU period in microseconds', period, 1_000, 1_000_000)
  if (quota !== undefined && quota > 0) inRange('CPU quota in microseconds', quota, 1_000, 2 ** 44)
}

const inRange = (what: string, value: number, least: number, most: number): void => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(`${what} ${value}: expected ${least} to ${most}`)
}

const invalid = (problem: string, hint?: string): AppError =>
  new AppError('invalid-limit', `set ${problem}`, {
    exitCode: exitCode.engine,
    ...(hint ? { hint } : {}),
  })
