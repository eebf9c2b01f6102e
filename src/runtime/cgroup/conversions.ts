/** docker's --cpus: microseconds of CPU time per period. */
export const quotaOfCpus = (cpus: number): { readonly quota: number; readonly period: number } => ({
  quota: Math.round(cpus * 100_000),
  period: 100_000,
})

/**
 * v1 cpu.shares (2 to 262144, normally 1024) -> v2 cpu.weight (1 to 10000, normally 100): the curve of today's runc and
 * crun, which maps the ends and the middle of one scale to those of the other.
 */
export const weightOfShares = (shares: number): number => {
  if (shares <= 2) return 1
  if (shares >= 262_144) return 10_000
  const log = Math.log2(shares)
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))
}

/** v1 blkio.weight (10 to 1000) -> v2 io.weight (1 to 10000), linear. */
export const ioWeightOf = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990)

/** docker's memory-swap is memory and swap together; without it, as much swap as memory. -1 is unlimited. */
export const totalMemory = (limit: number | undefined, swap: number | undefined): number | undefined => {
  if (swap !== undefined && swap !== 0) return swap
  return limit !== undefined && limit > 0 ? limit * 2 : undefined
}
