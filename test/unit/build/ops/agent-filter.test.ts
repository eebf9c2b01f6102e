import { describe, expect, it } from 'vitest'
import { createAgentFilter } from '../../../../src/build/ops/agent-filter.ts'

const frame = (type: number, body = ''): Buffer => {
  const bytes = Buffer.alloc(5 + body.length)
  bytes.writeUInt32BE(1 + body.length, 0)
  bytes[4] = type
  bytes.write(body, 5, 'latin1')
  return bytes
}

const wired = () => {
  const agent: Buffer[] = []
  const client: Buffer[] = []
  let failed = 0
  const filter = createAgentFilter({
    toAgent: (bytes) => agent.push(Buffer.from(bytes)),
    toClient: (bytes) => client.push(Buffer.from(bytes)),
    fail: () => {
      failed++
    },
  })
  return { filter, agent, client, failures: () => failed }
}
const refusal = Buffer.from([0, 0, 0, 1, 5])

describe('what a step may ask of an agent (53)', () => {
  it('is the list of keys and signatures', () => {
    const { filter, agent, client } = wired()
    filter.fromClient(frame(11))
    filter.fromAgent(frame(12, 'keys'))
    filter.fromClient(frame(13, 'sign'))
    filter.fromAgent(frame(14, 'signature'))
    expect(agent).toEqual([frame(11), frame(13, 'sign')])
    expect(client).toEqual([frame(12, 'keys'), frame(14, 'signature')])
  })

  it('is nothing else: keys are not added, removed or locked, extensions not used', () => {
    for (let type = 0; type < 256; type++) {
      if (type === 11 || type === 13) continue
      const { filter, agent, client } = wired()
      filter.fromClient(frame(type, 'x'))
      expect(agent).toEqual([])
      expect(client).toEqual([refusal])
    }
  })

  it('comes in order, in any pieces', () => {
    const { filter, agent, client } = wired()
    const all = Buffer.concat([frame(11), frame(17, 'add'), frame(11)])
    for (const byte of all) filter.fromClient(Buffer.from([byte]))
    expect(agent).toHaveLength(1)
    for (const byte of frame(12)) filter.fromAgent(Buffer.from([byte]))
    expect(client).toEqual([frame(12), refusal])
    expect(agent).toHaveLength(2)
  })

  it('ends the connection when either side breaks the protocol', () => {
    for (const bytes of [Buffer.alloc(4), Buffer.from([255, 255, 255, 255, 11])]) {
      const one = wired()
      one.filter.fromClient(bytes)
      expect([one.failures(), one.agent]).toEqual([1, []])
    }
    const unasked = wired()
    unasked.filter.fromAgent(frame(12))
    expect(unasked.failures()).toBe(1)
    const flood = wired()
    flood.filter.fromClient(frame(11))
    flood.filter.fromClient(Buffer.alloc(600_000, 1))
    expect(flood.failures()).toBe(1)
  })
})
