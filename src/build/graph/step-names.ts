import { formatPlatform, type Platform } from '../../foundation/oci/index.ts'
import type { Stage, StageInstruction } from '../dockerfile/index.ts'
import { fromsOf } from './check-links.ts'

/** Numbers the steps of one stage: `[builder 2/5] RUN make`. */
export interface StepNames {
  next(text: string): string
}

const hasLayer: ReadonlySet<StageInstruction['kind']> = new Set(['run', 'copy', 'add', 'workdir'])

/**
 * @param fromImage the stage starts from an image or a named context, which counts as a step
 * @param platform what the stage runs on, shown where a build is for several
 */
export const createStepNames = (
  stage: Stage,
  stages: readonly Stage[],
  instructions: readonly StageInstruction[],
  fromImage: boolean,
  platform?: Platform,
): StepNames => {
  const total = instructions.filter(({ kind }) => hasLayer.has(kind)).length + (fromImage ? 1 : 0)
  const own = standsAlone(stages) ? '' : `${stage.name ?? `stage-${stage.index}`} `
  const prefix = platform === undefined ? own : `${formatPlatform(platform)} ${own}`
  let step = 0
  return {
    next: (text) => `[${prefix}${String(++step).padStart(String(total).length)}/${total}] ${text}`,
  }
}

/** One stage that takes nothing from elsewhere needs no name before its steps. */
const standsAlone = (stages: readonly Stage[]): boolean =>
  stages.length === 1 && !stages[0]?.instructions.some((each) => fromsOf(each).length > 0)
