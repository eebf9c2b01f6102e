import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { requireKnownLayout } from '../../../src/cli/run/known-layout.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-layout-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('passes this layout and what is no store yet, and makes nothing of it', async () => {
  await requireKnownLayout(join(root, 'none'))
  await requireKnownLayout(root)
  expect(readdirSync(root)).toEqual([])
  writeFileSync(join(root, 'version'), '1\n')
  await requireKnownLayout(root)
  expect(readdirSync(root)).toEqual(['version'])
})

it.each([
  ['2\n', 'store-too-new'],
  ['x', 'store-foreign'],
])('refuses the layout %j as %s', async (version, code) => {
  mkdirSync(join(root, 'containers'))
  writeFileSync(join(root, 'version'), version)
  await expect(requireKnownLayout(root)).rejects.toMatchObject({ code })
  expect(readdirSync(root).sort()).toEqual(['containers', 'version'])
})
