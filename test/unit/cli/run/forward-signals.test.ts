import { expect, test } from 'vitest'
import { forwardSignals } from '../../../../src/cli/run/forward-signals.ts'

const received: string[] = []
const receiver = { send: (name: string) => received.push(name), leave: () => received.push('left') }

test('signals that come before the container runs are kept for it, in order', () => {
  received.length = 0
  using signals = forwardSignals()
  process.emit('SIGUSR1', 'SIGUSR1')
  process.emit('SIGINT', 'SIGINT')
  expect(received).toEqual([])
  signals.to(receiver)
  process.emit('SIGTERM', 'SIGTERM')
  process.emit('SIGUSR2', 'SIGUSR2')
  expect(received).toEqual(['SIGUSR1', 'SIGINT', 'SIGTERM', 'SIGUSR2'])
  process.emit('SIGINT', 'SIGINT')
  expect(received.at(-1)).toBe('left')
})

test('nothing is taken any more once disposed', () => {
  const before = process.listenerCount('SIGINT')
  {
    using _ = forwardSignals()
    expect(process.listenerCount('SIGINT')).toBe(before + 1)
  }
  expect(process.listenerCount('SIGINT')).toBe(before)
})
