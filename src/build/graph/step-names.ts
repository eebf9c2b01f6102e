import type { Stage, StageInstruction } from '../dockerfile/index.ts'

/** Numbers the steps of one stage: `[builder 2/5] RUN make`. */
export interface StepNames {
  next(text: string): string
}

const hasLayer: ReadonlySet<StageInstruction['kind']> = new Set(['run', 'copy', 'add', 'workdir'])

/** @param fromImage the stage starts from an image, which counts as a step */
export const createStepNames = (
  stage: Stage,
  stageCount: number,
  instructions: readonly StageInstruction[],
  fromImage: boolean,
): StepNames => {
  const total = instructions.filter(({ kind }) => hasLayer.has(kind)).length + (fromImage ? 1 : 0)
  const name = stage.name ?? (stageCount > 1 ? `stage-${stage.index}` : '')
  const prefix = name === '' ? '' : `${name} `
  let step = 0
  return {
    next: (text) => `[${prefix}${String(++step).padStart(String(total).length)}/${total}] ${text}`,
  }
}
