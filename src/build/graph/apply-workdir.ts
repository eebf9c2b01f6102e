import type { WordInstruction } from '../dockerfile/index.ts'
import { resolvePath } from './in-root-path.ts'
import { warn } from './planning.ts'
import { displayIn, expandIn } from './stage-words.ts'
import { addStep, createInputs, recordMetadata, type Step } from './step.ts'

/** WORKDIR makes the directory, owned by the USER in force, and a layer with it, except for the root, which is always there. */
export const applyWorkdir = (step: Step, instruction: WordInstruction): void => {
  const { planning, state } = step
  const word = expandIn(planning, state, instruction.range, instruction.word)
  if (!word) return
  const isAbsolute = word.text.startsWith('/')
  // The first one decides: those after it stand on it.
  if (!isAbsolute && !state.workdirIsSet)
    warn(
      planning,
      instruction.range,
      'WorkdirRelativePath',
      `Relative workdir ${JSON.stringify(word.text)} can have unexpected results if the base image changes`,
    )
  state.workdirIsSet = true
  const resolved = resolvePath(state.config.workingDir, word.text)
  // Docker cleans a relative path, and puts an absolute one into the config as it is written.
  const written = isAbsolute ? word.text : resolved
  const name = displayIn(planning, state, instruction.text, {})
  state.config.workingDir = written
  if (resolved === '/') {
    recordMetadata(step, `WORKDIR ${written}`)
    return
  }
  const { root, list } = createInputs(state)
  const { user } = state.config
  addStep(step, instruction, {
    name,
    history: `WORKDIR ${written}`,
    op: {
      kind: 'file',
      root,
      actions: [{ kind: 'mkdir', path: resolved, mode: 0o755, ...(user === '' ? {} : { chown: user }) }],
      ...(planning.epoch === undefined ? {} : { timestamp: planning.epoch }),
    },
    inputs: list,
  })
}
