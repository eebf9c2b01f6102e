import ora, { type Ora } from 'ora'
import type { ProgressEvent } from '../../foundation/events/index.ts'
import type { CliOutput } from '../context.ts'
import { printable } from '../render/printable.ts'
import { createLineSplitter } from './lines.ts'
import type { ProgressView } from './view.ts'

interface Running {
  readonly name: string
  readonly started: number
  readonly lines: ReturnType<typeof createLineSplitter>
  lastLine: string
}

const mark = {
  done: '\u001b[32m✔\u001b[39m',
  cached: '\u001b[36m✔\u001b[39m',
  failed: '\u001b[31m✖\u001b[39m',
}

/** For people: finished steps scroll up as lines, the running ones stand below with their last line of output. */
export const createTerminalView = (out: CliOutput, now: () => number): ProgressView => {
  const running = new Map<string, Running>()
  let total = 0
  let done = 0
  const spinner: Ora = ora({ stream: process.stderr, discardStdin: false, hideCursor: true })

  const clip = (text: string): string => {
    const plain = printable(text)
    return plain.length > out.columns - 4 ? `${plain.slice(0, out.columns - 5)}…` : plain
  }
  const redraw = (): void => {
    const blocks = [...running.values()].map((step) => {
      const head = clip(`${step.name}  ${elapsed(now() - step.started)}`)
      return step.lastLine === ''
        ? head
        : `${head}\n    \u001b[2m${clip(step.lastLine).slice(0, out.columns - 6)}\u001b[22m`
    })
    spinner.text = [`building ${done}/${total}`, ...blocks].join('\n  ')
    if (!spinner.isSpinning && running.size > 0) spinner.start()
  }
  const settle = (sign: string, text: string): void => {
    done++
    spinner.clear()
    out.write(`${sign} ${clip(text)}\n`)
    redraw()
  }
  const start = (id: string, name: string, at: number): void => {
    const step: Running = {
      name,
      started: at,
      lastLine: '',
      lines: createLineSplitter((line) => {
        if (line.trim() !== '') step.lastLine = line
        redraw()
      }),
    }
    running.set(id, step)
    redraw()
  }
  const stop = (id: string, at: number, sign: string): void => {
    const step = running.get(id)
    if (!step) return
    running.delete(id)
    settle(sign, `${step.name}  ${elapsed(at - step.started)}`)
  }

  const show = (event: ProgressEvent): void => {
    switch (event.kind) {
      case 'plan':
        total = event.total
        return
      case 'vertex-started':
        start(event.id, event.name, event.at)
        return
      case 'vertex-cached':
        settle(mark.cached, `${event.name}  cached`)
        return
      case 'vertex-log':
        running.get(event.id)?.lines.add(event.chunk)
        return
      case 'vertex-finished':
        stop(event.id, event.at, mark.done)
        return
      case 'vertex-failed':
        stop(event.id, event.at, mark.failed)
        return
      case 'warning':
        spinner.clear()
        out.write(`warning: ${printable(event.message)}\n`)
        return
      case 'image':
        spinner.stop()
        for (const name of event.names.length > 0 ? event.names : [event.id])
          out.write(`${mark.done} image ${name}\n`)
        return
      // Listed after the build.
      case 'diagnostic':
      case 'vertex-progress':
        return
    }
  }
  return { events: show, close: () => void spinner.stop() }
}

const elapsed = (milliseconds: number): string => `${(Math.max(0, milliseconds) / 1000).toFixed(1)}s`
