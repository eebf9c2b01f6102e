import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { pruneStore } from '../../../src/engine/index.ts'
import { scratchStore } from '../../support/image-store.ts'

const writer = `
const { mkdirSync, writeFileSync } = require('node:fs')
for (let i = 0; ; i++)
  try {
    mkdirSync(process.argv[1], { recursive: true })
    writeFileSync(process.argv[1] + '/' + (i % 50), '')
  } catch {}
`

it('a prune is not disturbed by runs that write down how they went', async () => {
  using store = scratchStore()
  const notes = join(store.root, 'cache/runs')
  const child = spawn(process.execPath, ['-e', writer, notes], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  try {
    await expect.poll(() => existsSync(notes)).toBe(true)
    for (let i = 0; i < 30; i++)
      expect(await pruneStore(store, { all: false })).toMatchObject({ removals: [] })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
})
