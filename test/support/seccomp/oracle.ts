import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SelectedRule } from '../../../src/runtime/bundle/seccomp/select.ts'

const comparisons = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ']

export interface OracleProgram {
  readonly program: Uint8Array
  /** Names that this libseccomp does not know yet. */
  readonly unknown: readonly string[]
}

export interface Oracle {
  /** libseccomp's program; `architectures` by its own names: x86_64, x86, x32, aarch64, arm. */
  compile(
    fallback: number,
    architectures: readonly string[],
    rules: readonly (SelectedRule & { readonly value: number })[],
  ): OracleProgram
  [Symbol.dispose](): void
}

/** Builds the oracle; undefined where there is no compiler or no libseccomp to build with. */
export const buildOracle = (): Oracle | undefined => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-oracle-'))
  const binary = join(directory, 'oracle')
  const source = new URL('oracle.c', import.meta.url).pathname
  const built = spawnSync('cc', ['-O1', '-o', binary, source, '-lseccomp'])
  if (built.status !== 0) {
    rmSync(directory, { recursive: true })
    return undefined
  }
  return {
    compile: (fallback, architectures, rules) => {
      const lines = [`default ${fallback}`, ...architectures.map((name) => `arch ${name}`)]
      for (const { names, value, args } of rules)
        for (const name of names)
          lines.push(`rule ${value} ${name} ${args.length} ${args.map(argument).join(' ')}`)
      const { status, stdout, stderr } = spawnSync(binary, { input: lines.join('\n') })
      const notes = stderr.toString().trim()
      if (status !== 0) throw new Error(`oracle: ${notes}`)
      return { program: new Uint8Array(stdout), unknown: notes === '' ? [] : notes.split('\n') }
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

/** enum scmp_compare counts from 1. */
const argument = ({ index, op, value, valueTwo = 0 }: SelectedRule['args'][number]): string =>
  `${index} ${comparisons.indexOf(op.slice('SCMP_CMP_'.length)) + 1} ${BigInt(value)} ${BigInt(valueTwo)}`
