import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { leadsOutside, readIgnoreFile } from '../../../../src/build/context/index.ts'

let directory: string
const at = (name: string): string => join(directory, name)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-outside-'))
  for (const name of ['context/sub', 'context-too']) mkdirSync(at(name), { recursive: true })
  for (const name of ['context/file', 'context/sub/file', 'context-too/file', 'secret'])
    writeFileSync(at(name), 'text')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

it.each([
  ['/etc/passwd', true],
  ['../secret', true],
  ['sub/../../secret', true],
  ['../context-too/file', true],
  ['file', false],
  ['sub/file', false],
  ['../context/sub/file', false],
])('a link to %s: %s', (target, outside) => {
  symlinkSync(target, at('context/link'))
  expect(leadsOutside(at('context/link'), [at('missing'), at('context')])).toBe(outside)
})

it('the directory itself may be reached through links', () => {
  symlinkSync('context', at('alias'))
  expect(leadsOutside(at('alias/file'), [at('alias')])).toBe(false)
})

it('an ignore file that leads out is refused, not read', () => {
  symlinkSync('/etc/passwd', at('context/.dockerignore'))
  expect(() => readIgnoreFile({ directory: at('context') })).toThrow(/leads out/)
})

it('an ignore file beside a Dockerfile elsewhere is read', () => {
  writeFileSync(at('Dockerfile.dockerignore'), 'sub')
  expect(readIgnoreFile({ directory: at('context'), dockerfile: at('Dockerfile') })?.text).toBe('sub')
})
