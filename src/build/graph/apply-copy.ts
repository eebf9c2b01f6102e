import { baseOf } from '../../foundation/filetree/index.ts'
import { type CopyInstruction, chompHeredoc, type Heredoc } from '../dockerfile/index.ts'
import { isChmod } from './chmod-text.ts'
import { resolveDestination, resolvePath } from './in-root-path.ts'
import { report } from './planning.ts'
import { displayIn, expandAll, expandIn } from './stage-words.ts'
import { addStep, rootInput, type Step } from './step.ts'
import type { CopyAction, FileAction, VertexId, WriteAction } from './types.ts'

/** COPY and ADD: one file op that copies the files and then, as docker does, writes the here-documents. */
export const applyCopy = (step: Step, instruction: CopyInstruction): void => {
  const { state } = step
  const words = expandParts(step, instruction)
  if (!words || reportUnsupported(step, instruction, words.paths)) return
  const from = resolveInput(step, instruction)
  if (!from) return
  const attributes = {
    ...(words.chown === '' ? {} : { chown: words.chown }),
    ...(words.chmod === '' ? {} : { chmod: words.chmod }),
  }
  const destination = resolveDestination(state.config.workingDir, words.destination)
  const writes = words.files.map(
    (file): WriteAction => ({
      kind: 'write',
      path: pathOf(file, destination, instruction),
      text: file.text,
      ...attributes,
    }),
  )
  const copy: CopyAction = {
    kind: 'copy',
    from: from.from,
    sources: words.paths,
    destination,
    ...attributes,
    unpack: instruction.kind === 'add' && (instruction.unpack ?? true),
  }
  const actions: readonly FileAction[] = words.paths.length === 0 ? writes : [copy, ...writes]
  addStep(step, instruction, {
    name: displayIn(step.planning, state, instruction.text, {}),
    history: historyOf(instruction, words),
    op: { kind: 'file', root: from.root, actions },
    inputs: from.inputs,
  })
}

interface InlineFile {
  readonly name: string
  readonly text: string
}

interface Parts {
  readonly paths: readonly string[]
  readonly files: readonly InlineFile[]
  readonly destination: string
  /** '' is none. */
  readonly chown: string
  readonly chmod: string
}

const expandParts = (step: Step, instruction: CopyInstruction): Parts | undefined => {
  const { planning, state } = step
  const { range, sources } = instruction
  const plain = sources.filter((source) => typeof source === 'string')
  const paths = expandAll(planning, state, range, plain)
  const files = sources.flatMap((source) =>
    typeof source === 'string' ? [] : [inlineFile(step, instruction, source)],
  )
  const rest = expandAll(planning, state, range, [
    instruction.destination,
    instruction.chown ?? '',
    instruction.chmod ?? '',
  ])
  const good = files.filter((file) => file !== undefined)
  if (!paths || !rest || good.length < files.length) return undefined
  const [destination = '', chown = '', chmod = ''] = rest
  if (chmod !== '' && !isChmod(chmod))
    return report(planning, range, {
      code: 'bad-chmod',
      message: `expected --chmod to be an octal or symbolic mode, found ${JSON.stringify(chmod)}`,
      hint: 'for example 755, 0644 or u+x',
    })
  return { paths, files: good, destination, chown, chmod }
}

const inlineFile = (step: Step, { range }: CopyInstruction, heredoc: Heredoc): InlineFile | undefined => {
  const text = chompHeredoc(heredoc)
  if (!heredoc.expand) return { name: heredoc.name, text }
  const expanded = expandIn(step.planning, step.state, range, text, { ignoreQuotes: true })
  return expanded && { name: heredoc.name, text: expanded.text }
}

const pathOf = (file: InlineFile, destination: string, instruction: CopyInstruction): string => {
  const isDirectory = destination.endsWith('/') || instruction.sources.length > 1
  return isDirectory ? resolvePath(destination, baseOf(file.name)) : destination
}

interface Input {
  readonly root: number | undefined
  readonly inputs: readonly VertexId[]
  readonly from: CopyAction['from']
}

const resolveInput = (step: Step, instruction: CopyInstruction): Input | undefined => {
  const { root, inputs } = rootInput(step.state)
  if (instruction.from === undefined) return { root, inputs, from: { kind: 'context', name: '' } }
  const found = step.resolveFrom(instruction.from, instruction.range)
  if (found.kind === 'unresolved') return undefined
  if (found.root === undefined) return { root, inputs, from: { kind: 'input', input: undefined } }
  // The stage it copies from may be its own base: then both are one input.
  const known = inputs.indexOf(found.root)
  if (known >= 0) return { root, inputs, from: { kind: 'input', input: known } }
  return { root, inputs: [...inputs, found.root], from: { kind: 'input', input: inputs.length } }
}

const historyOf = (instruction: CopyInstruction, words: Parts): string => {
  const flags = [words.chown && `--chown=${words.chown}`, words.chmod && `--chmod=${words.chmod}`]
  const files = words.files.map((file) => `<<${file.name}`)
  const parts = [
    instruction.kind.toUpperCase(),
    ...flags.filter((flag) => flag !== ''),
    ...words.paths,
    ...files,
  ]
  return `${parts.join(' ')} ${words.destination} # buildkit`
}

const remote = /^(?:https?|git|ssh):\/\/|^git@/

const reportUnsupported = (step: Step, instruction: CopyInstruction, paths: readonly string[]): boolean => {
  const keyword = instruction.kind.toUpperCase()
  const what = instruction.parents
    ? `${keyword} --parents`
    : instruction.exclude.length > 0
      ? `${keyword} --exclude`
      : instruction.kind === 'add' &&
          (paths.some((path) => remote.test(path)) ||
            instruction.checksum !== undefined ||
            instruction.keepGitDir)
        ? 'ADD of a URL or a git repository'
        : undefined
  if (what === undefined) return false
  report(step.planning, instruction.range, {
    code: 'not-supported-yet',
    message: `${what} is not supported yet`,
    hint: what.startsWith('ADD of') ? 'fetch it in a RUN step, or put it into the build context' : undefined,
  })
  return true
}
