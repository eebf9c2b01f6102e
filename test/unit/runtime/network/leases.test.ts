import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify, type ProcessIdentity } from '../../../../src/foundation/sys/index.ts'
import { claimAddress, releaseAddress, sweepLeases } from '../../../../src/runtime/network/leases.ts'

const subnet = { network: '10.9.0.0', prefix: 29 }
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsbuild-leases-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const alive = (): ProcessIdentity => identify() ?? { pid: 0, startTime: 0, bootId: '' }
const dead: ProcessIdentity = { pid: 2 ** 22 + 1, startTime: 1, bootId: 'another boot' }
const held = (): readonly string[] => readdirSync(dir).filter((name) => !name.startsWith('.'))

test('addresses are handed out once, lowest first, after the gateway', () => {
  const claimed = [1, 2, 3].map(() => claimAddress(dir, subnet, { process: alive() }).address)
  expect(claimed).toEqual(['10.9.0.2', '10.9.0.3', '10.9.0.4'])
})

test('an address that was given back is used again', () => {
  const first = claimAddress(dir, subnet, { process: alive() })
  claimAddress(dir, subnet, { process: alive() })
  releaseAddress(first)
  releaseAddress(first)
  expect(claimAddress(dir, subnet, { process: alive() }).address).toBe(first.address)
})

test('a full subnet is an error, and nothing is left of the attempt', () => {
  for (let i = 0; i < 5; i++) claimAddress(dir, subnet, { process: alive() })
  expect(() => claimAddress(dir, subnet, { process: alive() })).toThrow(
    expect.objectContaining({ code: 'no-free-address' }),
  )
  expect(readdirSync(dir).filter((name) => /^\.[0-9a-f]{16}$/.test(name))).toEqual([])
  expect(held()).toHaveLength(5)
})

test('addresses of dead owners are taken back when the subnet is full', () => {
  for (let i = 0; i < 5; i++) claimAddress(dir, subnet, { process: dead })
  expect(claimAddress(dir, subnet, { process: alive() }).address).toBe('10.9.0.2')
})

test('a lease outlives its process while the monitor of its container lives', () => {
  const containerDir = join(dir, '.container')
  mkdirSync(containerDir)
  writeFileSync(join(containerDir, 'monitor'), JSON.stringify(alive()))
  const lease = claimAddress(dir, subnet, { process: dead, containerDir })
  sweepLeases(dir)
  expect(held()).toEqual([lease.address])
  writeFileSync(join(containerDir, 'monitor'), JSON.stringify(dead))
  sweepLeases(dir)
  expect(held()).toEqual([])
})

test('what a killed claim was written to goes, that of one that goes on stays', () => {
  writeFileSync(join(dir, '.00112233aabbccdd'), JSON.stringify({ process: dead }))
  writeFileSync(join(dir, '.00112233aabbccdd.tmp'), JSON.stringify({ process: dead }))
  writeFileSync(join(dir, '.11112233aabbccdd'), JSON.stringify({ process: alive() }))
  writeFileSync(join(dir, '.22222233aabbccdd'), '')
  writeFileSync(join(dir, '.33332233aabbccdd'), '{"pro')
  utimesSync(join(dir, '.33332233aabbccdd'), 0, 0)
  writeFileSync(join(dir, '.swept'), '')
  sweepLeases(dir)
  expect(readdirSync(dir)).toEqual(['.11112233aabbccdd', '.22222233aabbccdd', '.swept'])
})

test('what is no lease of ours is left alone', () => {
  writeFileSync(join(dir, '10.9.0.2'), 'not JSON')
  sweepLeases(dir)
  expect(readFileSync(join(dir, '10.9.0.2'), 'utf8')).toBe('not JSON')
})
