import type { CopyInstruction } from '../dockerfile/index.ts'
import { planCopies } from './copy-sources.ts'
import { type CopyWords, expandCopyWords } from './copy-words.ts'
import { resolveDestination, resolvePath } from './in-root-path.ts'
import type { WriteAction } from './op-types.ts'
import { displayIn } from './stage-words.ts'
import { addStep, createInputs, type Step } from './step.ts'

/** COPY and ADD: one file op that copies the files and then, as docker does, writes the here-documents. */
export const applyCopy = (step: Step, instruction: CopyInstruction): void => {
  const { planning, state } = step
  const words = expandCopyWords(step, instruction)
  if (!words) return
  const destination = resolveDestination(state.config.workingDir, words.destination)
  const attributes = {
    ...(words.chown === '' ? {} : { chown: words.chown }),
    ...(words.chmod === '' ? {} : { chmod: words.chmod }),
  }
  const inputs = createInputs(state)
  const copies = planCopies(step, instruction, words, { destination, attributes, inputs })
  if (!copies) return
  // With --chmod docker copies as if there were no --link.
  const isLink = instruction.link && words.chmod === ''
  addStep(step, instruction, {
    name: displayIn(planning, state, instruction.text, {}),
    history: historyOf(instruction, words),
    op: {
      kind: 'file',
      root: inputs.root,
      actions: [...copies, ...writesOf(words, destination, attributes)],
      ...(isLink ? { link: true } : {}),
      ...(planning.epoch === undefined ? {} : { timestamp: planning.epoch }),
    },
    inputs: inputs.list,
  })
}

const writesOf = (
  { files }: CopyWords,
  destination: string,
  attributes: Pick<WriteAction, 'chown' | 'chmod'>,
): readonly WriteAction[] =>
  files.map(({ name, text }) => ({
    kind: 'write',
    ...(destination.endsWith('/') ? { path: resolvePath(destination, name) } : { path: destination, name }),
    text,
    ...attributes,
  }))

const historyOf = (instruction: CopyInstruction, words: CopyWords): string => {
  const flags = [
    instruction.parents ? '--parents' : '',
    words.chown && `--chown=${words.chown}`,
    words.chmod && `--chmod=${words.chmod}`,
  ]
  const files = words.files.map((file) => `<<${file.mark}`)
  const parts = [
    instruction.kind.toUpperCase(),
    ...flags.filter((flag) => flag !== ''),
    ...words.shownPaths,
    ...files,
  ]
  return `${parts.join(' ')} ${words.destination} # buildkit`
}
