import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createNetwork } from '../../../../src/runtime/network/create-network.ts'
import { removeNetworkBridge } from '../../../../src/runtime/network/network-bridge.ts'
import { openNetworkStore } from '../../../../src/runtime/network/network-store.ts'

const wish = {
  name: 'same',
  driver: 'bridge',
  internal: false,
  attachable: false,
  ipv4: true,
  ipv6: false,
  labels: {},
  options: {},
  now: 0,
  subnets: [],
  ranges: [],
  gateways: [],
  reserved: {},
}

test('users of several run directories who create networks at once get networks of their own', async () => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-networks-'))
  const runs = [1, 2, 3, 4].map((n) => join(work, `run${n}`))
  const records = await Promise.allSettled(
    runs.map((run, n) => createNetwork(openNetworkStore(join(work, `store${n}`)), run, wish)),
  )
  try {
    const subnets = records.map((one) =>
      one.status === 'fulfilled' ? one.value.subnets[0]?.subnet : String(one.reason),
    )
    expect(subnets).toEqual(subnets.map(() => expect.stringMatching(/^(172|192)\.[0-9./]+$/)))
    expect(new Set(subnets).size).toBe(4)
  } finally {
    for (const [n, one] of records.entries())
      if (one.status === 'fulfilled') await removeNetworkBridge(runs[n] ?? '', one.value)
    rmSync(work, { recursive: true })
  }
})
