import type { ArgInstruction, EnvInstruction, LabelInstruction } from '../dockerfile/index.ts'
import { isScanArg } from './build-arg-settings.ts'
import { expandIn } from './stage-words.ts'
import { recordMetadata, type Step } from './step.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

/** All values are expanded before the first is set: `ENV A=1 B=$A` uses the old A. */
const expandPairs = (step: Step, instruction: EnvInstruction | LabelInstruction): Pairs | undefined => {
  const pairs = instruction.pairs.map(({ name, value }) => {
    const names = expandIn(step.planning, step.state, instruction.range, name)
    const values = expandIn(step.planning, step.state, instruction.range, value)
    return names && values && ([names.text, values.text] as const)
  })
  const good = pairs.filter((pair) => pair !== undefined)
  return good.length === pairs.length ? good : undefined
}

const textOf = (pairs: Pairs): string => pairs.map(([name, value]) => `${name}=${value}`).join(' ')

export const applyEnv = (step: Step, instruction: EnvInstruction): void => {
  const pairs = expandPairs(step, instruction)
  if (!pairs) return
  for (const [name, value] of pairs) {
    step.state.env.set(name, value)
    step.state.config.env.set(name, value)
  }
  recordMetadata(step, `ENV ${textOf(pairs)}`)
}

export const applyLabel = (step: Step, instruction: LabelInstruction): void => {
  const pairs = expandPairs(step, instruction)
  if (!pairs) return
  for (const [name, value] of pairs) step.state.config.labels.set(name, value)
  recordMetadata(step, `LABEL ${textOf(pairs)}`)
}

/**
 * The value is --build-arg's, or the default, or that of the global ARG of the same name. It is set from here on, also
 * over an ENV of the same name that stands before it, as BuildKit does; an ENV after it wins.
 */
export const applyArg = (step: Step, instruction: ArgInstruction): void => {
  const { planning, state } = step
  const texts: string[] = []
  for (const arg of instruction.args) {
    planning.declaredArgs.add(arg.name)
    const given = planning.buildArgs.get(arg.name)
    const fallback =
      arg.value === undefined
        ? planning.globalArgs.get(arg.name)
        : given === undefined
          ? expandIn(planning, state, instruction.range, arg.value)?.text
          : undefined
    const value = given ?? fallback
    // A name without a value is known, but does not unset what an ENV or an earlier ARG has set.
    if (value !== undefined && !isScanArg(arg.name)) state.env.set(arg.name, value)
    if (value !== undefined || !state.buildArgs.has(arg.name)) state.buildArgs.set(arg.name, value)
    texts.push(value === undefined ? arg.name : `${arg.name}=${value}`)
  }
  recordMetadata(step, `ARG ${texts.join(' ')}`)
}
