import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { claimCidfile } from '../../../../src/cli/run/cidfile.ts'

const cwd = mkdtempSync(join(tmpdir(), 'tsbuild-cidfile-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

test('holds the id and stays', () => {
  {
    using file = claimCidfile({ cidfile: 'id' }, { cwd })
    expect(readFileSync(join(cwd, 'id'), 'utf8')).toBe('')
    file?.write('abc')
  }
  expect(readFileSync(join(cwd, 'id'), 'utf8')).toBe('abc')
})

test('goes when no container was made', () => {
  {
    using _ = claimCidfile({ cidfile: 'unused' }, { cwd })
    expect(existsSync(join(cwd, 'unused'))).toBe(true)
  }
  expect(existsSync(join(cwd, 'unused'))).toBe(false)
})

test('none is wished', () => {
  expect(claimCidfile({}, { cwd })).toBeUndefined()
  expect(claimCidfile({ cidfile: '' }, { cwd })).toBeUndefined()
})

test('what is there stays as it is', () => {
  writeFileSync(join(cwd, 'mine'), 'mine')
  mkdirSync(join(cwd, 'dir'))
  symlinkSync('elsewhere', join(cwd, 'link'))
  for (const cidfile of ['mine', 'dir', 'link'])
    expect(() => claimCidfile({ cidfile }, { cwd })).toThrow(
      expect.objectContaining({ code: 'cidfile-exists', exitCode: 125 }),
    )
  expect(readFileSync(join(cwd, 'mine'), 'utf8')).toBe('mine')
  expect(existsSync(join(cwd, 'elsewhere'))).toBe(false)
})

test('a directory that is missing', () => {
  expect(() => claimCidfile({ cidfile: 'no/such/id' }, { cwd })).toThrow(
    expect.objectContaining({ code: 'cidfile-failed', exitCode: 125 }),
  )
})
