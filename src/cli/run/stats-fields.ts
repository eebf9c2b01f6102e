import { totalmem } from 'node:os'
import { type Container, type ContainerStats, shortContainerId, statsOf } from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { binarySize, humanSize } from '../render/human.ts'

/** A container that is looked at. */
export interface Asked {
  readonly container: Container
  /** What the user called it. */
  readonly word: string
  /** It was there at the first look. */
  readonly gone: boolean
}

/** One look at a container. */
export interface Sample extends Asked {
  /** Undefined when it does not run. */
  readonly stats: ContainerStats | undefined
  /** Milliseconds of a clock that never goes back. */
  readonly at: number
}

/** By container id. */
export type Samples = ReadonlyMap<string, Sample>

export const sampleAll = (asked: readonly Asked[]): Samples =>
  new Map(
    asked.map((one) => [
      one.container.record.id,
      { ...one, stats: one.gone ? undefined : statsOf(one.container), at: performance.now() },
    ]),
  )

/** The members of docker's `stats --format json`. Of a container that does not run they are 0, of one that is gone `--`. */
export const statsFields = (
  sample: Sample,
  before: Sample | undefined,
  truncate: boolean,
): Readonly<Record<string, string>> => {
  const { id, name } = sample.container.record
  const names = { Container: sample.word, ID: truncate ? shortContainerId(id) : id, Name: name }
  const fields = { ...(sample.gone ? unknown : numbersOf(sample, before)), ...names }
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => byCodeUnit(a, b)))
}

const unknown = {
  BlockIO: '--',
  CPUPerc: '--',
  MemPerc: '--',
  MemUsage: '-- / --',
  NetIO: '--',
  PIDs: '--',
}

const numbersOf = ({ stats, at }: Sample, before: Sample | undefined): Readonly<Record<string, string>> => {
  const memory = stats?.memory
  const limit = Math.min(memory?.limit ?? Number.POSITIVE_INFINITY, totalmem())
  const used = memory?.usage ?? 0
  return {
    BlockIO: `${humanSize(stats?.io?.read ?? 0)} / ${humanSize(stats?.io?.written ?? 0)}`,
    CPUPerc: percent(cpuShare(stats, at, before)),
    MemPerc: percent(used / limit),
    MemUsage: `${binarySize(used)} / ${stats === undefined ? '0B' : binarySize(limit)}`,
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
