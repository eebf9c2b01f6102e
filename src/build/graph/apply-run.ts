import { type CommandLine, parseHeredocMark, type RunInstruction } from '../dockerfile/index.ts'
import { mayRun } from './entitlements.ts'
import { proxyEnvOf } from './global-scope.ts'
import { resolvePath } from './in-root-path.ts'
import type { ExecMount, ExecOp } from './op-types.ts'
import { readCommand } from './run-command.ts'
import { parseDevices } from './run-devices.ts'
import { planMounts } from './run-mounts.ts'
import type { StageState } from './stage-state.ts'
import { displayIn } from './stage-words.ts'
import { addStep, createInputs, type Step } from './step.ts'

const defaultShell = ['/bin/sh', '-c']

/** The arguments of a command in the stage's shell, or as they are. */
export const withShell = (state: StageState, command: CommandLine): readonly string[] => {
  if (command.form === 'exec') return command.args
  const { shell } = state.config
  return [...(shell === undefined || shell.length === 0 ? defaultShell : shell), command.text]
}

export const applyRun = (step: Step, instruction: RunInstruction): void => {
  const { state } = step
  const inputs = createInputs(state)
  const { command, script } = readCommand(instruction)
  const mounts = planMounts(step, instruction, inputs)
  const devices = parseDevices(step, instruction)
  if (!mayRun(step, instruction) || !mounts || !devices) return
  const args = withShell(state, command)
  const all = script ? [...mounts, script] : mounts
  addStep(step, instruction, {
    name: nameOf(step, instruction, mounts),
    history: `RUN ${[...buildArgTexts(state), ...args].join(' ')} # buildkit`,
    op: execOp(step, instruction, { root: inputs.root, args, ...listed({ mounts: all, devices }) }),
    inputs: inputs.list,
  })
}

const execOp = (
  { planning, state }: Step,
  instruction: RunInstruction,
  own: Pick<ExecOp, 'root' | 'args' | 'mounts' | 'devices'>,
): ExecOp => {
  const { extraHosts = [], ulimits = [], shmSize } = planning.request.exec ?? {}
  const { hostname } = planning.settings
  return {
    kind: 'exec',
    ...own,
    env: [...state.env].map(([name, value]) => `${name}=${value}`),
    proxyEnv: proxyEnvOf(planning.buildArgs).filter(
      (pair) => !state.env.has(pair.slice(0, pair.indexOf('='))),
    ),
    cwd: resolvePath('/', state.config.workingDir),
    user: state.config.user,
    network: instruction.network ?? planning.request.network ?? 'default',
    ...(instruction.security === 'insecure' ? { security: 'insecure' } : {}),
    ...(hostname === undefined ? {} : { hostname }),
    ...listed({ extraHosts, ulimits }),
    ...(shmSize ? { shmSize } : {}),
  }
}

/** Only the lists that have something in them: a step without them has the same key as ever. */
const listed = <T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): Partial<T> => {
  const result: Partial<T> = { ...lists }
  for (const name in result) if (result[name]?.length === 0) delete result[name]
  return result
}

/** `|1 NAME=value` before the command: docker's old mark of the build args a step was run with. */
const buildArgTexts = (state: StageState): readonly string[] => {
  const texts = [...state.buildArgs].map(([name, value]) => `${name}=${state.env.get(name) ?? value ?? ''}`)
  return texts.length === 0 ? [] : [`|${texts.length}`, ...texts]
}

const nameOf = (step: Step, instruction: RunInstruction, mounts: readonly ExecMount[]): string => {
  const secrets = mounts.flatMap((mount) => (mount.kind === 'secret' ? (mount.env ?? []) : []))
  const options = { keepQuotes: true, keepUnset: true }
  const name = displayIn(step.planning, step.state, instruction.text, options, new Set(secrets))
  const [first] = instruction.heredocs
  if (!first || instruction.command.form === 'exec' || !parseHeredocMark(instruction.command.text))
    return name
  const [line = '', ...more] = first.text.trim().split(/\r?\n/)
  return `${name} (${line}${more.length > 0 ? '...' : ''})`
}
