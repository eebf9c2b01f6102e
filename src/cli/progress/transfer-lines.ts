import type { TransferEvent } from '../../engine/index.ts'
import type { CliOutput } from '../context.ts'
import { humanSize } from '../render/human.ts'
import { printable } from '../render/printable.ts'

/** Shows what becomes of layers, in docker's words; on a terminal with a line below that says how far it is. */
export interface TransferLines {
  event(event: TransferEvent): void
  /** A line of its own between them. */
  line(text: string): void
  /** Takes the line below away. */
  close(): void
}

type State = Extract<TransferEvent, { readonly kind: 'layer' }>['state']

const pullWords: Readonly<Record<State, string | undefined>> = {
  exists: 'Already exists',
  preparing: undefined,
  waiting: 'Waiting for another pull of it',
  resumed: 'Resuming download',
  started: 'Pulling fs layer',
  fetched: 'Download complete',
  done: 'Pull complete',
}

const pushWords: Readonly<Record<State, string | undefined>> = {
  exists: 'Layer already exists',
  preparing: 'Compressing',
  waiting: undefined,
  resumed: undefined,
  started: undefined,
  fetched: undefined,
  done: 'Pushed',
}

/** Milliseconds between two looks of the line below. */
const redrawEvery = 100

export const createTransferLines = (
  kind: 'pull' | 'push',
  out: CliOutput,
  now: () => number,
): TransferLines => {
  const words = kind === 'pull' ? pullWords : pushWords
  const layers = new Set<string>()
  const progress = new Map<string, { readonly done: number; readonly total: number }>()
  let drawn = 0
  let isShown = false

  const clear = (): void => {
    if (isShown) out.write('\r\u001b[K')
    isShown = false
  }
  const line = (text: string): void => {
    clear()
    out.write(`${printable(text)}\n`)
  }
  const draw = (): void => {
    if (!out.isTTY || now() - drawn < redrawEvery) return
    drawn = now()
    const moving = [...progress.values()].filter(({ done, total }) => done < total)
    const done = moving.reduce((sum, one) => sum + one.done, 0)
    const total = moving.reduce((sum, one) => sum + one.total, 0)
    const verb = kind === 'pull' ? 'downloading' : 'sending'
    out.write(`\r\u001b[K${verb} ${humanSize(done)} of ${humanSize(total)}`)
    isShown = true
  }
  const short = (digest: string): string => digest.slice(7, 19)

  /** Configs and attestations are nobody's layers. */
  const sayOf = (digest: string, words: string | undefined): void => {
    if (words !== undefined && layers.has(digest)) line(`${short(digest)}: ${words}`)
  }

  const event = (happened: TransferEvent): void => {
    switch (happened.kind) {
      case 'image':
        for (const digest of happened.layers) layers.add(digest)
        for (const digest of kind === 'push' ? happened.layers : []) sayOf(digest, 'Preparing')
        return
      case 'layer':
        if (happened.state !== 'started') progress.delete(happened.digest)
        sayOf(happened.digest, words[happened.state])
        return
      case 'progress':
        progress.set(happened.digest, happened)
        draw()
        return
      case 'resolved':
        return
      case 'mounted':
        sayOf(happened.digest, `Mounted from ${happened.from}`)
        return
      case 'warning':
        line(`warning: ${happened.message}`)
        return
    }
  }
  return { event, line, close: clear }
}
