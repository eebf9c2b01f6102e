import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The errno that stands for "the filter lets it through". */
export const allowed = 1234

export interface ProbedCall {
  readonly number: number
  readonly first: bigint
}

export interface Probe {
  /** The static program, for running it elsewhere. */
  readonly binary: string
  /** What this kernel answers under `filter`, call by call. */
  run(filter: Uint8Array, calls: readonly ProbedCall[]): readonly number[]
  [Symbol.dispose](): void
}

/** Builds the probe; undefined without a compiler. */
export const buildProbe = (): Probe | undefined => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-probe-'))
  const binary = join(directory, 'probe')
  const source = new URL('probe.c', import.meta.url).pathname
  const remove = (): void => rmSync(directory, { recursive: true })
  if (spawnSync('cc', ['-O1', '-static', '-pthread', '-o', binary, source]).status !== 0) {
    remove()
    return undefined
  }
  return {
    binary,
    run: (filter, calls) => {
      const file = join(directory, 'filter')
      writeFileSync(file, filter)
      const { status, stdout, stderr } = spawnSync(binary, [file], { input: probeInput(calls) })
      if (status !== 0) throw new Error(`probe: ${stderr}`)
      return probeOutput(stdout.toString())
    },
    [Symbol.dispose]: remove,
  }
}

export const probeInput = (calls: readonly ProbedCall[]): string =>
  calls.map(({ number, first }) => `${number} ${first}\n`).join('')

export const probeOutput = (text: string): readonly number[] => text.trim().split('\n').map(Number)
