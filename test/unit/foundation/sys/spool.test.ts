import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSpool } from '../../../../src/foundation/sys/index.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-spool-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

it('keeps bytes in a file that has no name', () => {
  const spool = createSpool(temp)
  expect(spool.append(Buffer.from('one'))).toBe(0)
  expect(spool.append(Buffer.from('two'))).toBe(3)
  spool.write(Buffer.from('O'), 0)
  const read = Buffer.alloc(5)
  spool.read(read, 0)
  expect(read.toString()).toBe('Onetw')
  expect(readdirSync(temp)).toEqual([])
  spool.close()
})

it('leaves bytes to whoever asks where there is no such directory, and when it is closed', () => {
  const spool = createSpool(join(temp, 'missing'))
  expect(spool.append(Buffer.from('one'))).toBeUndefined()
  spool.close()
  const closed = createSpool(temp)
  closed.close()
  expect(closed.append(Buffer.from('one'))).toBeUndefined()
})

it('does not make up what it was not given', () => {
  const spool = createSpool(temp)
  spool.append(Buffer.from('one'))
  expect(() => spool.read(Buffer.alloc(4), 0)).toThrow(RangeError)
  spool.close()
})
