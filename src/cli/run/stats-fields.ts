import { totalmem } from 'node:os'
import { type Container, type ContainerStats, shortContainerId, statsOf } from '../../engine/index.ts'
import { binarySize, humanSize } from '../render/human.ts'

/** One look at a container. */
export interface Sample {
  readonly container: Container
  /** Undefined when it does not run. */
  readonly stats: ContainerStats | undefined
  /** Milliseconds of a clock that never goes back. */
  readonly at: number
}

/** By container id. */
export type Samples = ReadonlyMap<string, Sample>

export const sampleAll = (containers: readonly Container[]): Samples =>
  new Map(
    containers.map((container) => [
      container.record.id,
      { container, stats: statsOf(container), at: performance.now() },
    ]),
  )

/** The members of docker's `stats --format json`. What is not known (a container that does not run) is 0, or `--`. */
export const statsFields = (
  { container, stats, at }: Sample,
  before: Sample | undefined,
  truncate: boolean,
): Readonly<Record<string, string>> => {
  const { id, name } = container.record
  const memory = stats?.memory
  const limit = Math.min(memory?.limit ?? Number.POSITIVE_INFINITY, totalmem())
  const used = memory?.usage ?? 0
  return {
    BlockIO: `${humanSize(stats?.io?.read ?? 0)} / ${humanSize(stats?.io?.written ?? 0)}`,
    CPUPerc: percent(cpuShare(stats, at, before)),
    Container: truncate ? shortContainerId(id) : id,
    ID: truncate ? shortContainerId(id) : id,
    MemPerc: percent(used / limit),
    MemUsage: `${binarySize(used)} / ${stats === undefined ? '0B' : binarySize(limit)}`,
    Name: name,
    NetIO: `${humanSize(stats?.network?.received ?? 0)} / ${humanSize(stats?.network?.sent ?? 0)}`,
    PIDs: String(stats?.pids?.current ?? 0),
  }
}

/** CPU time in the span between two looks; 1 is one CPU. */
const cpuShare = (stats: ContainerStats | undefined, at: number, before: Sample | undefined): number => {
  const now = stats?.cpu?.usage
  const then = before?.stats?.cpu?.usage
  if (now === undefined || then === undefined || before === undefined || at <= before.at) return 0
  return (now - then) / 1000 / (at - before.at)
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`
