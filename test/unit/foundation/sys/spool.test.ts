import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
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

it('has no file open any more when nobody has the spool', () => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
import { readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { createSpool } from './spool.ts'
const open = () => readdirSync('/proc/self/fd').length
const before = open()
const keep = createSpool(process.cwd())
keep.append(Buffer.from('kept'))
for (let i = 0; i < 20; i++) createSpool(process.cwd()).append(Buffer.from('forgotten'))
const most = open() - before
for (let i = 0; i < 100 && open() - before > 1; i++) { gc(); await setImmediate() }
const read = Buffer.alloc(4)
keep.read(read, 0)
console.log(most, open() - before, read.toString())`,
      resolveDir: resolve('src/foundation/sys'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  })
  const program = outputFiles[0]?.text ?? ''
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-'], {
    encoding: 'utf8',
    cwd: temp,
    input: program,
  })
  expect(stdout).toBe('21 1 kept\n')
})
