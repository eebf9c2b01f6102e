import { expect, it } from 'vitest'
import { createTransferLines } from '../../../../src/cli/progress/transfer-lines.ts'
import type { TransferEvent } from '../../../../src/engine/index.ts'
import { parseDigest } from '../../../../src/foundation/oci/index.ts'
import { screenOf } from '../../../support/screen.ts'

const digestOf = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`)
const [a, b, config] = [digestOf('a'), digestOf('b'), digestOf('c')]

/** Lines on a terminal, or not; a clock that stands still until it is told. */
const rig = (kind: 'pull' | 'push', { isTTY = true, columns = 80 } = {}) => {
  let written = ''
  let time = 0
  const out = {
    isTTY,
    columns,
    write: (chunk: string | Uint8Array) => {
      written += String(chunk)
    },
  }
  const lines = createTransferLines(kind, out, () => time)
  return {
    ...lines,
    wait: (milliseconds: number) => {
      time += milliseconds
    },
    layer: (digest: typeof a, state: Extract<TransferEvent, { kind: 'layer' }>['state']) =>
      lines.event({ kind: 'layer', digest, state, size: 1000 }),
    progress: (digest: typeof a, done: number) =>
      lines.event({ kind: 'progress', digest, done, total: 1000 }),
    screen: () => screenOf(written, columns),
    text: () => written,
  }
}

it('has a line for each step where there is no terminal, and no others', () => {
  const { event, layer, progress, line, text } = rig('pull', { isTTY: false })
  event({ kind: 'image', layers: [a, b] })
  layer(config, 'started')
  layer(a, 'started')
  progress(a, 500)
  layer(b, 'exists')
  layer(a, 'fetched')
  layer(a, 'done')
  event({ kind: 'warning', message: 'odd\u001b[2J' })
  line('Digest: x')
  expect(text()).toBe(
    [
      'aaaaaaaaaaaa: Pulling fs layer',
      'bbbbbbbbbbbb: Already exists',
      'aaaaaaaaaaaa: Download complete',
      'aaaaaaaaaaaa: Pull complete',
      'warning: odd\\x1b[2J',
      'Digest: x',
      '',
    ].join('\n'),
  )
})

it('has bars on a terminal; what is through scrolls up', () => {
  const { event, layer, progress, line, close, wait, screen } = rig('pull')
  line('1: Pulling from app')
  event({ kind: 'image', layers: [a, b] })
  layer(config, 'started')
  layer(a, 'started')
  layer(b, 'started')
  wait(100)
  progress(a, 250)
  wait(100)
  progress(b, 1000)
  expect(screen()).toEqual([
    '1: Pulling from app',
    `aaaaaaaaaaaa: Downloading  [${'='.repeat(8)}>${' '.repeat(26)}]  250B/1kB`,
    `bbbbbbbbbbbb: Downloading  [${'='.repeat(35)}]  1kB/1kB`,
  ])
  layer(b, 'fetched')
  event({ kind: 'warning', message: 'odd' })
  expect(screen()[1]).toBe('warning: odd')
  expect(screen()[3]).toBe('bbbbbbbbbbbb: Download complete')
  layer(b, 'done')
  layer(a, 'done')
  line('Digest: x')
  close()
  const end = ['bbbbbbbbbbbb: Pull complete', 'aaaaaaaaaaaa: Pull complete', 'Digest: x']
  expect(screen()).toEqual(['1: Pulling from app', 'warning: odd', ...end])
})

it('draws ten times a second, and takes away what still moves when it ends', () => {
  const { event, layer, progress, line, close, wait, screen } = rig('push')
  line('The push refers to repository [x]')
  event({ kind: 'image', layers: [a, b] })
  layer(a, 'preparing')
  expect(screen()[1]).toBe('aaaaaaaaaaaa: Compressing')
  wait(99)
  layer(a, 'started')
  progress(a, 1)
  expect(screen()[1]).toBe('aaaaaaaaaaaa: Pushing')
  wait(100)
  progress(a, 2)
  expect(screen()[1]).toContain('2B/1kB')
  event({ kind: 'mounted', digest: b, from: 'other/app' })
  close()
  expect(screen()).toEqual(['The push refers to repository [x]', 'bbbbbbbbbbbb: Mounted from other/app'])
})

it('needs one line for each row, and few of them, however small the terminal is', () => {
  const { event, wait, screen, line, close } = rig('pull', { columns: 30 })
  const digests = [...'0123456789abcdef'].map(digestOf)
  event({ kind: 'image', layers: digests })
  for (const digest of digests) {
    event({ kind: 'layer', digest, state: 'started', size: 1 })
    wait(100)
    event({ kind: 'progress', digest, done: 3, total: 1_000_000 })
  }
  expect(screen()).toHaveLength(11)
  expect(screen().at(-1)).toBe('and 6 more')
  for (const digest of digests) event({ kind: 'layer', digest, state: 'done', size: 1 })
  line('end')
  close()
  expect(screen()).toEqual([...digests.map((digest) => `${digest.slice(7, 19)}: Pull complete`), 'end'])
})
