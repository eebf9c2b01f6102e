import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../../../src/cli/build-context/context.ts'
import { runVerb } from '../../../support/memory-cli.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tsbuild-context-'))
  for (const directory of ['node_modules/x', 'src/sub', 'docs'])
    mkdirSync(join(cwd, directory), { recursive: true })
  writeFileSync(join(cwd, 'node_modules/x/big'), Buffer.alloc(300_000))
  writeFileSync(join(cwd, 'src/a.ts'), 'a\n')
  writeFileSync(join(cwd, 'src/sub/b.md'), 'b\n')
  writeFileSync(join(cwd, 'docs/keep.md'), 'c\n')
  writeFileSync(join(cwd, '.dockerignore'), '# no comment\nnode_modules\n**/*.md\n!docs/keep.md\n')
  writeFileSync(join(cwd, 'dev.Dockerfile.dockerignore'), '*\n!src\n')
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const show = async (...argv: readonly string[]) => runVerb(run, argv, { root: '/nonexistent', cwd })
const lines = (text: string): readonly string[] => text.trimEnd().split('\n')

describe('tsbuild context', () => {
  it('lists what can be copied', async () => {
    const { stdout } = await show('ls', '--format', '{{.Path}} {{.Bytes}}')
    expect(lines(stdout)).toEqual([
      '.dockerignore 48',
      'dev.Dockerfile.dockerignore 7',
      'docs/ 0',
      'docs/keep.md 2',
      'src/ 0',
      'src/a.ts 2',
      'src/sub/ 0',
    ])
  })
  it('lists what is left out, the topmost of it, and by which line', async () => {
    const { stdout } = await show('ls', '--ignored')
    expect(lines(stdout)).toEqual([
      'SIZE      FILES     RULE              PATTERN        PATH',
      '300kB     1         .dockerignore:2   node_modules   node_modules/',
      '2B        1         .dockerignore:3   **/*.md        src/sub/b.md',
    ])
  })
  it('takes the ignore file of a Dockerfile that need not be there', async () => {
    const { stdout } = await show('ls', '-f', 'dev.Dockerfile', '--format={{.Path}}')
    expect(lines(stdout)).toEqual(['src/', 'src/a.ts', 'src/sub/', 'src/sub/b.md'])
  })
  it('says which line decides', async () => {
    const format = '{{.Path}}|{{.State}}|{{.Rule}}|{{.Pattern}}|{{.Matches}}'
    const paths = ['src/a.ts', 'docs/keep.md', join(cwd, 'src/sub/b.md'), 'node_modules/x/big', '/none.md']
    const { stdout } = await show('why', '--format', format, ...paths)
    expect(lines(stdout)).toEqual(
      [
        'src/a.ts|kept|none|-|-',
        'docs/keep.md|kept|.dockerignore:4|!docs/keep.md|docs/keep.md',
        'src/sub/b.md|ignored|.dockerignore:3|**/*.md|src/sub/b.md',
        'node_modules/x/big|ignored|.dockerignore:2|node_modules|node_modules',
      ].concat('none.md|ignored (missing)|.dockerignore:3|**/*.md|none.md'),
    )
  })
  it('refuses paths outside', async () => {
    expect((await show('why', '-C', 'src', join(cwd, 'docs'))).code).toBe(2)
  })
  it('sums up by directory, the biggest first', async () => {
    const { stdout } = await show('du', '--format', '{{.Path}} {{.Bytes}} {{.Files}} {{.IgnoredBytes}}')
    expect(lines(stdout)).toEqual([
      '. 55 2 0',
      'src/ 2 1 2',
      'docs/ 2 1 0',
      'node_modules/ 0 0 300000',
      'total 59 4 300002',
    ])
  })
  it('gives one object per line', async () => {
    const rows = lines((await show('du', '-d', '2', '--format', 'json')).stdout).map((line): unknown =>
      JSON.parse(line),
    )
    expect(rows).toContainEqual(expect.objectContaining({ Path: 'src/sub/', IgnoredFiles: '1' }))
  })
  it('points at a pattern that cannot be read', async () => {
    writeFileSync(join(cwd, 'bad.dockerignore'), 'ok\n[a\n')
    const { code, stderr } = await show('ls', '-f', 'bad')
    rmSync(join(cwd, 'bad.dockerignore'))
    expect([code, stderr]).toEqual([65, expect.stringContaining('bad.dockerignore:2:1')])
  })
  it('knows its commands', async () => {
    expect((await show('lss')).stderr).toContain('did you mean ls?')
    expect((await show()).code).toBe(2)
    expect((await show('--help')).stdout).toContain('tsbuild context COMMAND')
  })
})
