import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BaseImage } from './base.ts'
import type { Builder } from './builders.ts'
import { makeContext } from './cases.ts'
import { findDifferences } from './differences.ts'
import { known } from './known.ts'
import { readImage } from './read-image.ts'
import type { CaseServer } from './server.ts'
import type { BuiltImage, Case, Difference, Result } from './types.ts'

/** What all cases share. */
export interface Rig {
  /** Contexts are below `contexts` in it. */
  readonly work: string
  readonly base: BaseImage
  readonly server: CaseServer
}

/** What a builder says at its end, without the log of its steps. */
const endOf = (output: string): string => {
  const at = output.lastIndexOf('\nERROR:')
  return output.slice(at === -1 ? -1500 : at + 1)
}

/** Ports and paths of this run, which are others the next time. */
const settle = (text: string, server: string, context: string): string =>
  text.replaceAll(server, '@SERVER@').replaceAll(context, '@CONTEXT@')

const settleImage = (image: BuiltImage, server: string, context: string): BuiltImage => {
  const again = <T>(value: T): T => JSON.parse(settle(JSON.stringify(value), server, context)) as T
  return { ...image, config: again(image.config), history: again(image.history) }
}

/** Builds a case with one builder. */
export const buildCase = async (test: Case, builder: Builder, rig: Rig): Promise<Result> => {
  const server = `${rig.server.address}/${test.name}`
  const context = makeContext(test, join(rig.work, 'contexts'), server)
  const archive = join(rig.work, `${test.name}.tar`)
  const { status, output } = await builder.build(test, context, archive, server)
  const ours = builder.name === 'tsbuild'
  for (const secret of ours ? test.options.secret : [])
    if (output.includes(secret)) throw new Error(`${test.name}: the output holds "${secret}"\n${output}`)
  try {
    if (status !== 0) return { kind: 'refused', message: settle(endOf(output), server, context) }
    return settleImage(readImage(archive, rig.base, test.options.secret), server, context)
  } finally {
    rmSync(archive, { force: true })
    rmSync(context, { recursive: true, force: true })
  }
}

/** How tsbuild's result stands to docker's. */
export interface Verdict {
  readonly unjustified: readonly Difference[]
  /** Names of what justifies the other differences. */
  readonly justified: readonly string[]
}

const reasonOf = (difference: Difference, { name, options }: Case): string | undefined => {
  if (difference.part !== 'result') return known.find(({ applies }) => applies(difference, name))?.id
  return difference.docker === 'built' ? options.stricter && 'stricter' : options.looser && 'looser'
}

/** Compares, and says which differences are meant. */
export const judge = (test: Case, docker: Result, ours: Result, rig: Rig): Verdict => {
  const found = findDifferences(docker, ours, rig.base.layer).map((difference) => ({
    difference,
    reason: reasonOf(difference, test),
  }))
  return {
    unjustified: found.filter(({ reason }) => !reason).map(({ difference }) => difference),
    justified: [...new Set(found.flatMap(({ reason }) => reason ?? []))],
  }
}

export const formatDifference = ({ part, where, field, docker, ours, layer }: Difference): string =>
  `  ${part} ${where} ${field}${layer === undefined ? '' : ` after layer ${layer}`}:\n      docker  ${docker}\n      tsbuild ${ours}`
