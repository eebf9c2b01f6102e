import { expect, test } from 'vitest'
import { eventFilter } from '../../../../src/cli/run/event-filters.ts'
import type { StoreEvent } from '../../../../src/engine/index.ts'

const event = (
  Type: StoreEvent['Type'],
  Action: string,
  ID: string,
  Attributes: Readonly<Record<string, string>> = {},
  more: Partial<StoreEvent> = {},
): StoreEvent => ({
  ...more,
  ...{ Type, Action, Actor: { ID, Attributes }, scope: 'local', time: 1, timeNano: 1_000_000_000 },
})

const events = [
  event('container', 'start', 'c1', { name: 'box', role: 'web' }, { from: 'app:1' }),
  event('container', 'exec_start: ls', 'c2', { name: 'net' }, { from: 'other' }),
  event('network', 'connect', 'n1', { name: 'net', container: 'c1' }),
  event('volume', 'mount', 'data', { container: 'c1' }),
  event('image', 'tag', 'sha256:1', { name: 'app:1' }),
]

test.each([
  [[], [0, 1, 2, 3, 4]],
  [
    ['type=network', 'type=volume'],
    [2, 3],
  ],
  [['container=box'], [0]],
  [['container=/box'], [0]],
  [['container=c'], [0, 1]],
  // Of one type only: docker tells nothing where two are asked for at once.
  [['container=net'], [1]],
  [['network=net'], [2]],
  [['network=net', 'container=box'], []],
  [['volume=data', 'event=mount'], [3]],
  [['image=app'], [0, 4]],
  [['image=app:1', 'type=image'], [4]],
  [['event=exec_start'], [1]],
  [['label=role=web'], [0]],
  [['container='], []],
])('%j', (filters, expected) => {
  const matches = eventFilter(filters)
  expect(events.flatMap((one, at) => (matches(one) ? [at] : []))).toEqual(expected)
})

test('other keys are refused', () => {
  expect(() => eventFilter(['daemon=x'])).toThrow(/not supported/)
})
