import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { expect, it } from 'vitest'
import { sparingVersions } from '../../../../src/foundation/sys/sparing-compiler.ts'

const hasFlag = sparingVersions.includes(Number.parseInt(process.versions.node, 10))

/** Says whether V8 would optimize a function that is called some thousand times after `optimizeLess`. */
const optimizes = (before: string): boolean => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
import { keepHeapSteady, optimizeLess, ownProcess } from './index.ts'
${before}
optimizeLess()
keepHeapSteady()
function worked(n) { let sum = 0; for (let i = 0; i < n; i++) sum = (sum * 31 + i) | 0; return sum }
for (let i = 0; i < 1000; i++) worked(10)`,
      resolveDir: resolve('src/foundation/sys'),
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  })
  const args = ['--trace-opt', '--no-concurrent-recompilation', '-']
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    input: outputFiles[0]?.text ?? '',
  })
  expect(stderr).toBe('')
  return /completed [^\n]*worked/.test(stdout)
}

it('leaves the engine of a process alone that is not the program’s own', () => {
  expect(optimizes('')).toBe(true)
  expect(optimizes('ownProcess()')).toBe(!hasFlag)
})
