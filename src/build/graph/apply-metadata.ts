import { suggest } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
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
import { parsePorts } from './ports.ts'
import { isSignal, signalNames } from './signals.ts'
import { expandAll, expandIn } from './stage-words.ts'
import { recordMetadata, type Step } from './step.ts'

export const applyCmd = ({ state }: Step, { command }: CmdInstruction): void => {
  const args = withShell(state, command)
  state.config.cmd = args
  state.config.argsEscaped = true
  state.cmdIsSet = true
  recordMetadata(state, `CMD ${goQuoteList(args)}`)
}

/** A CMD that comes from the base was meant for its ENTRYPOINT and goes with it. */
export const applyEntrypoint = ({ state }: Step, { command }: EntrypointInstruction): void => {
  const args = withShell(state, command)
  state.config.entrypoint = args
  if (!state.cmdIsSet) state.config.cmd = undefined
  recordMetadata(state, `ENTRYPOINT ${goQuoteList(args)}`)
}

export const applyExpose = ({ planning, state }: Step, instruction: WordsInstruction): void => {
  const ports = new Set<string>()
  // Docker sorts the words as they are written, and the ports stay in that order.
  for (const text of instruction.words.toSorted(byCodeUnit)) {
    for (const word of expandIn(planning, state, instruction.range, text)?.words ?? []) {
      const list = parsePorts(word)
      if (list) for (const port of list) ports.add(port)
      else
        report(planning, instruction.range, {
          code: 'bad-port',
          message: `expected PORT[-PORT][/tcp|udp|sctp] after EXPOSE, found ${JSON.stringify(word)}`,
          hint: 'ports go from 0 to 65535',
        })
    }
  }
  for (const port of ports) state.config.exposedPorts.add(port)
  recordMetadata(state, `EXPOSE ${goList([...ports])}`)
}

export const applyVolume = ({ planning, state }: Step, instruction: WordsInstruction): void => {
  const paths = expandAll(planning, state, instruction.range, instruction.words)
  if (!paths) return
  if (paths.includes(''))
    report(planning, instruction.range, {
      code: 'empty-volume',
      message: 'expected a path after VOLUME, found nothing after variables were put in',
    })
  for (const path of paths) state.config.volumes.add(path)
  recordMetadata(state, `VOLUME ${goList(paths)}`)
}

export const applyUser = ({ planning, state }: Step, instruction: WordInstruction): void => {
  const user = expandIn(planning, state, instruction.range, instruction.word)
  if (!user) return
  state.config.user = user.text
  recordMetadata(state, `USER ${user.text}`)
}

export const applyStopsignal = ({ planning, state }: Step, instruction: WordInstruction): void => {
  const signal = expandIn(planning, state, instruction.range, instruction.word)
  if (!signal) return
  if (!isSignal(signal.text)) {
    const near = suggest(signal.text, signalNames)
    report(planning, instruction.range, {
      code: 'bad-signal',
      message: `expected the name or number of a signal, found ${JSON.stringify(signal.text)}`,
      hint: near ? `did you mean ${near}?` : 'for example SIGTERM or 15',
    })
  }
  state.config.stopSignal = signal.text
  recordMetadata(state, `STOPSIGNAL ${signal.text}`)
}

export const applyMaintainer = ({ state }: Step, instruction: WordInstruction): void => {
  state.author = instruction.word
  recordMetadata(state, `MAINTAINER ${instruction.word}`)
}

export const applyShell = ({ state }: Step, { args }: ShellInstruction): void => {
  state.config.shell = args
  recordMetadata(state, `SHELL ${goList(args)}`)
}

/** Kept for builds on top of this image; docker writes no history for it. */
export const applyOnbuild = ({ state }: Step, { trigger }: OnbuildInstruction): void => {
  state.config.onBuild.push(trigger)
}

export const applyHealthcheck = ({ state }: Step, check: HealthcheckInstruction): void => {
  const { command, interval = 0, timeout = 0, startPeriod = 0, startInterval = 0, retries = 0 } = check
  const test =
    command === undefined
      ? ['NONE']
      : command.form === 'shell'
        ? ['CMD-SHELL', command.text]
        : ['CMD', ...command.args]
  state.config.healthcheck = {
    Test: test,
    ...(interval === 0 ? {} : { Interval: interval }),
    ...(timeout === 0 ? {} : { Timeout: timeout }),
    ...(startPeriod === 0 ? {} : { StartPeriod: startPeriod }),
    ...(startInterval === 0 ? {} : { StartInterval: startInterval }),
    ...(retries === 0 ? {} : { Retries: retries }),
  }
  const durations = [interval, timeout, startPeriod, startInterval].map((each) => `"${goDuration(each)}"`)
  recordMetadata(
    state,
    `HEALTHCHECK &{${goQuoteList(test)} ${durations.join(' ')} ${goQuoteNumber(retries)}}`,
  )
}
