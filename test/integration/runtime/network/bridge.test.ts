import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeBridge } from '../../../../src/foundation/native/index.ts'
import { attachBridge, networkDir, openBridge } from '../../../../src/runtime/network/index.ts'

let runDir: string
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'tsbuild-run-'))
})
afterEach(async () => {
  await removeBridge((await openBridge(runDir)).name)
  rmSync(runDir, { recursive: true })
})

test('the bridge is made once, by several at the same time, and found again', async () => {
  const bridges = await Promise.all([1, 2, 3].map(() => openBridge(runDir)))
  const [bridge] = bridges
  expect(bridges).toEqual([bridge, bridge, bridge])
  expect(networkInterfaces()[bridge?.name ?? '']?.map((entry) => entry.cidr)).toContain(
    `${bridge?.gateway}/${bridge?.prefix}`,
  )
  expect(await openBridge(runDir)).toEqual(bridge)
})

test('a bridge that was removed behind our back is made again with the same network', async () => {
  const bridge = await openBridge(runDir)
  await removeBridge(bridge.name)
  expect(existsSync(`/sys/class/net/${bridge.name}`)).toBe(false)
  expect(await openBridge(runDir)).toEqual(bridge)
})

test('a bridge whose file was lost keeps its network', async () => {
  const bridge = await openBridge(runDir)
  rmSync(join(networkDir(runDir), 'bridge.json'))
  expect(await openBridge(runDir)).toEqual(bridge)
})

test('an attachment has an address of the bridge, and gives it back', async () => {
  const bridge = await openBridge(runDir)
  const first = await attachBridge(runDir)
  const second = await attachBridge(runDir)
  expect(first.network).toMatchObject({ bridge: bridge.name, ipv4: { gateway: bridge.gateway } })
  expect(first.network.hostInterface.length).toBeLessThanOrEqual(15)
  expect(second.lease.address).not.toBe(first.lease.address)
  first.release()
  expect((await attachBridge(runDir)).lease.address).toBe(first.lease.address)
})
