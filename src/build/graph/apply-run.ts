import { type CommandLine, chompHeredoc, parseHeredocMark, type RunInstruction } from '../dockerfile/index.ts'
import { proxyEnvOf } from './global-scope.ts'
import { resolvePath } from './in-root-path.ts'
import { report } from './planning.ts'
import type { StageState } from './stage-state.ts'
import { displayIn } from './stage-words.ts'
import { addStep, rootInput, type Step } from './step.ts'

const defaultShell = ['/bin/sh', '-c']

/** The arguments of a command in the stage's shell, or as they are. */
export const withShell = (state: StageState, command: CommandLine): readonly string[] =>
  command.form === 'exec' ? command.args : [...(state.config.shell ?? defaultShell), command.text]

export const applyRun = (step: Step, instruction: RunInstruction): void => {
  const { planning, state } = step
  const command = readHeredocs(step, instruction)
  if (!command || reportUnsupported(step, instruction)) return
  const args = withShell(state, command)
  const { root, inputs } = rootInput(state)
  const env = [...state.env].map(([name, value]) => `${name}=${value}`)
  addStep(step, instruction, {
    name: nameOf(step, instruction),
    history: `RUN ${[...buildArgTexts(state), ...args].join(' ')} # buildkit`,
    op: {
      kind: 'exec',
      root,
      args,
      env,
      proxyEnv: proxyEnvOf(planning.buildArgs).filter(
        (pair) => !state.env.has(pair.slice(0, pair.indexOf('='))),
      ),
      cwd: resolvePath('/', state.config.workingDir),
      user: state.config.user,
      network: instruction.network ?? planning.request.network ?? 'default',
    },
    inputs,
  })
}

/** `|1 NAME=value` before the command: docker's old mark of the build args a step was run with. */
const buildArgTexts = (state: StageState): readonly string[] => {
  const texts = [...state.buildArgs].map(([name, value]) => `${name}=${state.env.get(name) ?? value ?? ''}`)
  return texts.length === 0 ? [] : [`|${texts.length}`, ...texts]
}

/**
 * A here-document alone is the script itself; with a command before it, both go to the shell as written.
 * Its variables are the shell's business.
 */
const readHeredocs = (step: Step, { command, heredocs, range }: RunInstruction): CommandLine | undefined => {
  const [first] = heredocs
  if (!first || command.form === 'exec') return command
  if (!parseHeredocMark(command.text)) {
    const bodies = heredocs.map((heredoc) => `\n${heredoc.text}${heredoc.name}`)
    return { form: 'shell', text: command.text + bodies.join('') }
  }
  if (first.text.startsWith('#!'))
    return report(step.planning, range, {
      code: 'not-supported-yet',
      message: `RUN <<${first.name} starts with ${JSON.stringify(first.text.split('\n', 1)[0])}: scripts with an interpreter line of their own are not supported yet`,
      hint: `leave the first line out, or name the interpreter: RUN <<${first.name} python3`,
    })
  return { form: 'shell', text: chompHeredoc(first) }
}

const nameOf = (step: Step, instruction: RunInstruction): string => {
  const name = displayIn(step.planning, step.state, instruction.text, { keepQuotes: true, keepUnset: true })
  const [first] = instruction.heredocs
  if (!first || instruction.command.form === 'exec' || !parseHeredocMark(instruction.command.text))
    return name
  const [line = '', ...more] = first.text.trim().split(/\r?\n/)
  return `${name} (${line}${more.length > 0 ? '...' : ''})`
}

const reportUnsupported = (step: Step, instruction: RunInstruction): boolean => {
  const { mounts, devices, security } = instruction
  const insecure = security !== undefined && security !== 'sandbox'
  const flag =
    mounts.length > 0 ? '--mount' : devices.length > 0 ? '--device' : insecure ? '--security' : undefined
  if (flag === undefined) return false
  report(step.planning, instruction.range, {
    code: 'not-supported-yet',
    message: `RUN ${flag} is not supported yet`,
    hint: flag === '--mount' ? 'without it the step works the same, only without that mount' : undefined,
  })
  return true
}
