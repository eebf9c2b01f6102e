import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { sparingFlag, sparingVersions } from '../../../../src/foundation/sys/sparing-compiler.ts'

/** Calls a function so often that V8 optimizes it after a while, and says when it does. */
const program = (calls: number, flag: string): string => `
${flag === '' ? '' : `process.getBuiltinModule('node:v8').setFlagsFromString('${flag}')`}
function worked(n) { let sum = 0; for (let i = 0; i < n; i++) sum = (sum * 31 + i) | 0; return sum }
for (let i = 0; i < ${calls}; i++) worked(10)
`

const run = (calls: number, flag: string): { readonly optimized: boolean; readonly said: string } => {
  const args = ['--trace-opt', '--no-concurrent-recompilation', '-e', program(calls, flag)]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { optimized: /completed [^\n]*worked/.test(stdout), said: stderr }
}

const hasFlag = sparingVersions.includes(Number.parseInt(process.versions.node, 10))

it.runIf(hasFlag)(
  'leaves to the interpreter what is called some thousand times, not what is called for long',
  () => {
    const some = 1000
    expect(run(some, '').optimized).toBe(true)
    expect(run(some, sparingFlag)).toEqual({ optimized: false, said: '' })
    expect(run(100 * some, sparingFlag).optimized).toBe(true)
  },
)
