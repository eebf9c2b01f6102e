import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { expectCode, makeDirectory, runCommand, tsrun } from '../support/e2e/rig.ts'

/** A program of somebody else: it knows the package by its name and nothing else. */
const program = `
import { build, DiagnosticError, findDockerfile, openStore, parseReference } from 'tsbuild'

const [contextDirectory, root, runRoot] = process.argv.slice(1)
const store = openStore({ root })
const kinds = []
const context = {
  events: (event) => kinds.push(event.kind),
  signal: new AbortController().signal,
  now: Date.now,
  runRoot,
}
const dockerfile = findDockerfile({ contextDirectory, cwd: contextDirectory })
const { image } = await build(store, { context: { kind: 'directory', path: contextDirectory }, dockerfile, names: [parseReference('from-code')] }, context)
const wrong = await build(store, { dockerfile: { text: 'FORM x', name: 'inline' } }, context).catch((error) => error)
console.log(JSON.stringify({ id: image.id, kinds, wrong: wrong instanceof DiagnosticError && wrong.diagnostics[0].code }))
`

it('builds from code, with typed events and errors, into the store that tsrun uses', async () => {
  using directory = makeDirectory({
    Dockerfile: 'FROM busybox\nRUN echo building && echo from code > /made\nCMD ["cat", "/made"]\n',
  })
  const outcome = expectCode(
    await runCommand(
      process.execPath,
      ['--input-type=module', '-e', program, '--', directory.path, inject('storeRoot'), inject('runRoot')],
      { cwd: join(import.meta.dirname, '../..') },
    ),
  )
  const said = JSON.parse(outcome.stdout)
  expect(said.id).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(said.kinds).toContain('vertex-log')
  expect(said.kinds.at(-1)).toBe('image')
  expect(said.wrong).toBe('unknown-instruction')
  expect(expectCode(await tsrun(['--rm', '--network=none', 'from-code'])).stdout).toBe('from code\n')
})
