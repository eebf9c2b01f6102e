import type { ProgressEvent } from '../../foundation/events/index.ts'
import type { CliOutput } from '../context.ts'
import { printable } from '../render/printable.ts'
import { createLineSplitter } from './lines.ts'
import type { ProgressView } from './view.ts'

interface Step {
  readonly number: number
  readonly started: number
  readonly lines: ReturnType<typeof createLineSplitter>
}

/** One line per event, in the form `docker build --progress=plain` has: `#3 0.214 text`. For logs and CI. */
export const createPlainView = (out: CliOutput, now: () => number): ProgressView => {
  const steps = new Map<string, Step>()
  const say = (text: string): void => out.write(`${printable(text)}\n`)

  const begin = (id: string, name: string, at: number): Step => {
    const number = steps.size + 1
    const lines = createLineSplitter((line) => say(`#${number} ${seconds(now() - at)} ${line}`))
    const step = { number, started: at, lines }
    steps.set(id, step)
    say(`#${number} ${name}`)
    return step
  }
  const finish = (id: string, at: number, word: string): void => {
    const step = steps.get(id)
    step?.lines.end()
    if (step) say(`#${step.number} ${word} ${seconds(at - step.started, 1)}s\n`)
  }

  const show = (event: ProgressEvent): void => {
    switch (event.kind) {
      case 'vertex-started':
        begin(event.id, event.name, event.at)
        return
      case 'vertex-cached':
        say(`#${begin(event.id, event.name, now()).number} CACHED\n`)
        return
      case 'vertex-log':
        steps.get(event.id)?.lines.add(event.chunk)
        return
      case 'vertex-finished':
        finish(event.id, event.at, 'DONE')
        return
      case 'vertex-failed':
        if (!steps.has(event.id)) return
        finish(event.id, event.at, 'ERROR')
        return
      case 'warning':
        say(`warning: ${event.message}`)
        return
      case 'image':
        say(`image ${event.id}`)
        for (const name of event.names) say(`named ${name}`)
        return
      // Listed after the build.
      case 'diagnostic':
      case 'plan':
      case 'vertex-progress':
        return
    }
  }
  return { events: show, close: () => {} }
}

const seconds = (milliseconds: number, digits = 3): string =>
  (Math.max(0, milliseconds) / 1000).toFixed(digits)
