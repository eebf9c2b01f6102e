import { describe, expect, it } from 'vitest'
import {
  createEventReader,
  type HelperEvent,
  parseHelperEvent,
} from '../../../../src/foundation/native/status.ts'

const exit = '{"event":"exit","code":137,"signal":9,"oomKilled":true}'

describe('parseHelperEvent', () => {
  it('reads every kind', () => {
    expect(parseHelperEvent('{"event":"started","pid":5,"stubs":["/proc"]}')).toEqual({
      event: 'started',
      pid: 5,
      stubs: ['/proc'],
    })
    expect(parseHelperEvent('{"event":"warning","message":"m"}')).toEqual({ event: 'warning', message: 'm' })
    expect(parseHelperEvent('{"event":"done","scanned":true,"networkUsed":false,"kept":true}')).toEqual({
      event: 'done',
      scanned: true,
      networkUsed: false,
      kept: true,
    })
    expect(parseHelperEvent(exit)).toEqual({ event: 'exit', code: 137, signal: 9, oomKilled: true })
    expect(parseHelperEvent('{"event":"exit","code":1,"signal":0,"oomKilled":false}')).toEqual({
      event: 'exit',
      code: 1,
      oomKilled: false,
    })
    expect(parseHelperEvent('{"event":"error","step":"s","errno":"EIO","arg":"","text":"t"}')).toMatchObject({
      errno: 'EIO',
    })
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"event":"other"}',
    '{"event":"started","pid":"5"}',
    '{"event":"warning"}',
  ])('refuses %j', (line) => {
    expect(() => parseHelperEvent(line)).toThrow('helper')
  })
})

describe('createEventReader', () => {
  it('joins lines that come in pieces', () => {
    const events: HelperEvent[] = []
    const read = createEventReader((event) => events.push(event))
    const bytes = Buffer.from(`${exit}\n{"event":"warning","message":"é"}\n`)
    for (const byte of bytes) read(Uint8Array.of(byte))
    expect(events).toHaveLength(2)
    expect(events[1]).toEqual({ event: 'warning', message: 'é' })
  })
})
