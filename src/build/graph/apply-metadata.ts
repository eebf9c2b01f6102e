import { suggest } from '../../foundation/errors/index.ts'
import type {
  CmdInstruction,
  EntrypointInstruction,
  HealthcheckInstruction,
  OnbuildInstruction,
  ShellInstruction,
  WordInstruction,
  WordsInstruction,
} from '../dockerfile/index.ts'
import { withShell } from './apply-run.ts'
import { goDuration, goList, goQuoteList, goQuoteNumber } from './go-text.ts'
import { report } from './planning.ts'
import { isSignal, signalNames } from './signals.ts'
import { expandAll, expandIn } from './stage-words.ts'
import { recordMetadata, type Step } from './step.ts'

export const applyCmd = (step: Step, { command }: CmdInstruction): void => {
  const { state } = step
  const args = withShell(state, command)
  state.config.cmd = args
  state.config.argsEscaped = true
  state.cmdIsSet = true
  recordMetadata(step, `CMD ${goQuoteList(args)}`)
}

/** A CMD that comes from the base was meant for its ENTRYPOINT and goes with it. */
export const applyEntrypoint = (step: Step, { command }: EntrypointInstruction): void => {
  const { state } = step
  const args = withShell(state, command)
  state.config.entrypoint = args
  if (!state.cmdIsSet) state.config.cmd = undefined
  recordMetadata(step, `ENTRYPOINT ${goQuoteList(args)}`)
}

export const applyVolume = (step: Step, instruction: WordsInstruction): void => {
  const { planning, state } = step
  const paths = expandAll(planning, state, instruction.range, instruction.words)
  if (!paths) return
  const empty = paths.indexOf('')
  if (empty >= 0)
    report(planning, instruction.range, {
      code: 'empty-volume',
      message: 'expected a path after VOLUME, found nothing after variables were put in',
      hint: 'give the variable a value, or leave the word out',
      part: { word: instruction.words[empty] ?? '' },
    })
  for (const path of paths) state.config.volumes.add(path)
  recordMetadata(step, `VOLUME ${goList(paths)}`)
}

export const applyUser = (step: Step, instruction: WordInstruction): void => {
  const { planning, state } = step
  const user = expandIn(planning, state, instruction.range, instruction.word)
  if (!user) return
  state.config.user = user.text
  recordMetadata(step, `USER ${user.text}`)
}

export const applyStopsignal = (step: Step, instruction: WordInstruction): void => {
  const { planning, state } = step
  const signal = expandIn(planning, state, instruction.range, instruction.word)
  if (!signal) return
  if (!isSignal(signal.text)) {
    const near = suggest(signal.text, signalNames)
    report(planning, instruction.range, {
      code: 'bad-signal',
      message: `expected the name or number of a signal, found ${JSON.stringify(signal.text)}`,
      hint: near ? `did you mean ${near}?` : 'for example SIGTERM or 15',
      part: { word: instruction.word },
    })
  }
  state.config.stopSignal = signal.text
  recordMetadata(step, `STOPSIGNAL ${signal.text}`)
}

export const applyMaintainer = (step: Step, instruction: WordInstruction): void => {
  step.state.author = instruction.word
  recordMetadata(step, `MAINTAINER ${instruction.word}`)
}

export const applyShell = (step: Step, { args }: ShellInstruction): void => {
  step.state.config.shell = args
  recordMetadata(step, `SHELL ${goList(args)}`)
}

/** Kept for builds on top of this image; docker writes no history for it. */
export const applyOnbuild = ({ state }: Step, { trigger }: OnbuildInstruction): void => {
  state.config.onBuild.push(trigger)
}

export const applyHealthcheck = (step: Step, check: HealthcheckInstruction): void => {
  const { command, interval = 0, timeout = 0, startPeriod = 0, startInterval = 0, retries = 0 } = check
  const test =
    command === undefined
      ? ['NONE']
      : command.form === 'shell'
        ? ['CMD-SHELL', command.text]
        : ['CMD', ...command.args]
  step.state.config.healthcheck = {
    Test: test,
    ...(interval === 0 ? {} : { Interval: interval }),
    ...(timeout === 0 ? {} : { Timeout: timeout }),
    ...(startPeriod === 0 ? {} : { StartPeriod: startPeriod }),
    ...(startInterval === 0 ? {} : { StartInterval: startInterval }),
    ...(retries === 0 ? {} : { Retries: retries }),
  }
  const durations = [interval, timeout, startPeriod, startInterval].map((each) => `"${goDuration(each)}"`)
  recordMetadata(step, `HEALTHCHECK &{${goQuoteList(test)} ${durations.join(' ')} ${goQuoteNumber(retries)}}`)
}
