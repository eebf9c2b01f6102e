import type { TransferEvent } from '../../engine/index.ts'
import type { CliOutput } from '../context.ts'
import { printable } from '../render/printable.ts'
import { createTransferBars } from './transfer-bars.ts'
import {
  mountedText,
  type StateWords,
  shortLayer,
  type TransferLines,
  warningText,
} from './transfer-texts.ts'

export type { TransferLines }

const pullWords: StateWords = {
  exists: 'Already exists',
  preparing: undefined,
  waiting: 'Waiting for another pull of it',
  resumed: 'Resuming download',
  started: 'Pulling fs layer',
  fetched: 'Download complete',
  done: 'Pull complete',
}

const pushWords: StateWords = {
  exists: 'Layer already exists',
  preparing: 'Compressing',
  waiting: undefined,
  resumed: undefined,
  started: undefined,
  fetched: undefined,
  done: 'Pushed',
}

export const createTransferLines = (
  kind: 'pull' | 'push',
  out: CliOutput,
  now: () => number,
): TransferLines => {
  const words = kind === 'pull' ? pullWords : pushWords
  return out.isTTY ? createTransferBars(kind, words, out, now) : plainLines(kind, words, out)
}

const plainLines = (kind: 'pull' | 'push', words: StateWords, out: CliOutput): TransferLines => {
  const layers = new Set<string>()
  const line = (text: string): void => out.write(`${printable(text)}\n`)
  /** Configs and attestations are nobody's layers. */
  const sayOf = (digest: string, text: string | undefined): void => {
    if (text !== undefined && layers.has(digest)) line(`${shortLayer(digest)}: ${text}`)
  }
  const event = (happened: TransferEvent): void => {
    switch (happened.kind) {
      case 'image':
        for (const digest of happened.layers) layers.add(digest)
        for (const digest of kind === 'push' ? happened.layers : []) sayOf(digest, 'Preparing')
        return
      case 'layer':
        sayOf(happened.digest, words[happened.state])
        return
      case 'mounted':
        sayOf(happened.digest, mountedText(happened))
        return
      case 'warning':
        line(warningText(happened))
        return
      case 'resolved':
      case 'progress':
        return
    }
  }
  return { event, line, close: () => {} }
}
