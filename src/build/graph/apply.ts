import type { StageInstruction } from '../dockerfile/index.ts'
import { applyCopy } from './apply-copy.ts'
import { applyExpose } from './apply-expose.ts'
import {
  applyCmd,
  applyEntrypoint,
  applyHealthcheck,
  applyMaintainer,
  applyOnbuild,
  applyShell,
  applyStopsignal,
  applyUser,
  applyVolume,
} from './apply-metadata.ts'
import { applyRun } from './apply-run.ts'
import { applyArg, applyEnv, applyLabel } from './apply-variables.ts'
import { applyWorkdir } from './apply-workdir.ts'
import type { Step } from './step.ts'

/** Applies one instruction to its stage. What is wrong with it is reported, and the rest of the stage still looked at. */
export const applyInstruction = (step: Step, instruction: StageInstruction): void => {
  switch (instruction.kind) {
    case 'run':
      applyRun(step, instruction)
      break
    case 'copy':
    case 'add':
      applyCopy(step, instruction)
      break
    case 'workdir':
      applyWorkdir(step, instruction)
      break
    case 'env':
      applyEnv(step, instruction)
      break
    case 'arg':
      applyArg(step, instruction)
      break
    case 'label':
      applyLabel(step, instruction)
      break
    case 'cmd':
      applyCmd(step, instruction)
      break
    case 'entrypoint':
      applyEntrypoint(step, instruction)
      break
    case 'expose':
      applyExpose(step, instruction)
      break
    case 'volume':
      applyVolume(step, instruction)
      break
    case 'user':
      applyUser(step, instruction)
      break
    case 'stopsignal':
      applyStopsignal(step, instruction)
      break
    case 'maintainer':
      applyMaintainer(step, instruction)
      break
    case 'shell':
      applyShell(step, instruction)
      break
    case 'onbuild':
      applyOnbuild(step, instruction)
      break
    case 'healthcheck':
      applyHealthcheck(step, instruction)
      break
  }
}
