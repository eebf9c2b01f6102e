import type { TransferEvent } from '../../engine/index.ts'
import type { CliOutput } from '../context.ts'
import { humanSize } from '../render/human.ts'
import { printable } from '../render/printable.ts'
import {
  type LayerState,
  mountedText,
  type StateWords,
  shortLayer,
  type TransferLines,
  warningText,
} from './transfer-texts.ts'

interface Row {
  readonly text: string
  readonly done?: number
  readonly total?: number
}

/** Milliseconds between two pictures. */
const redrawEvery = 100
/** Rows that stand below; more would scroll out of small terminals, and cannot be taken back from there. */
const maxRows = 10

/** After these nothing more happens to a layer: its line stays. */
const settled: ReadonlySet<LayerState> = new Set(['exists', 'done'])

/** For people: layers that are through scroll up as lines, those on their way stand below, each with a bar. */
export const createTransferBars = (
  kind: 'pull' | 'push',
  words: StateWords,
  out: CliOutput,
  now: () => number,
): TransferLines => {
  const layers = new Set<string>()
  const rows = new Map<string, Row>()
  let shown = 0
  let drawn = Number.NEGATIVE_INFINITY

  /** Back to the first row, and everything below away. */
  const erased = (): string => (shown === 0 ? '' : `\u001b[${shown}A\r\u001b[J`)
  const draw = (above: string): void => {
    drawn = now()
    const lines = [...rows].slice(0, maxRows).map(([digest, row]) => rowText(digest, row, out.columns - 1))
    const hidden = rows.size - lines.length
    if (hidden > 0) lines.push(`and ${hidden} more`)
    out.write(erased() + above + lines.map((line) => `${line}\n`).join(''))
    shown = lines.length
  }
  const line = (text: string): void => draw(`${printable(text)}\n`)
  const settle = (digest: string, text: string | undefined): void => {
    rows.delete(digest)
    if (text === undefined) draw('')
    else line(`${shortLayer(digest)}: ${text}`)
  }
  const stateOf = (digest: string, state: LayerState): void => {
    if (settled.has(state)) {
      settle(digest, words[state])
      return
    }
    const text = state === 'started' || state === 'resumed' ? movingWord(kind) : words[state]
    if (text === undefined) return
    rows.set(digest, { text })
    draw('')
  }
  const event = (happened: TransferEvent): void => {
    if (happened.kind === 'image') for (const digest of happened.layers) layers.add(digest)
    if (happened.kind === 'warning') line(warningText(happened))
    // Configs and attestations are nobody's layers.
    if (!('digest' in happened) || !layers.has(happened.digest)) return
    const { digest } = happened
    if (happened.kind === 'layer') stateOf(digest, happened.state)
    if (happened.kind === 'mounted') settle(digest, mountedText(happened))
    if (happened.kind !== 'progress') return
    const { done, total } = happened
    rows.set(digest, { text: rows.get(digest)?.text ?? movingWord(kind), done, total })
    if (now() - drawn >= redrawEvery) draw('')
  }
  const close = (): void => {
    rows.clear()
    if (shown > 0) draw('')
  }
  return { event, line, close }
}

const movingWord = (kind: 'pull' | 'push'): string => (kind === 'pull' ? 'Downloading' : 'Pushing')

const widestBar = 50
/** A shorter one says nothing. */
const narrowestBar = 10
/** `1.23GB/4.56GB`: bars stay as long as they are while the numbers change. */
const widestSizes = 13

/** `0123456789ab: Downloading  [=====>     ]  1.2MB/3.4MB`, in one line of the terminal. */
const rowText = (digest: string, { text, done, total }: Row, width: number): string => {
  const head = `${shortLayer(digest)}: ${text}`
  if (done === undefined || !total) return head.slice(0, width)
  const sizes = `${humanSize(done)}/${humanSize(total)}`
  const room = Math.min(widestBar, width - head.length - widestSizes - 6)
  if (room < narrowestBar) return `${head}  ${sizes}`.slice(0, width)
  const full = Math.min(room, Math.floor((done / total) * room))
  const bar = full === room ? '='.repeat(room) : `${'='.repeat(full)}>`.padEnd(room)
  return `${head}  [${bar}]  ${sizes}`
}
