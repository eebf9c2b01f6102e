import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

/** A program that tests run as processes of their own: to end them in the middle, or several at once. */
export interface Program {
  start(args: readonly string[]): ChildProcess
  /** Output of a run to its end; rejects when it fails. */
  run(args: readonly string[]): Promise<string>
  [Symbol.dispose](): void
}

/** Bundles TypeScript `source` (imports are relative to the project's root) into a program. */
export const makeProgram = (source: string): Program => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-program-'))
  const project = resolve(import.meta.dirname, '../..')
  const file = join(directory, 'program.mjs')
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: project, loader: 'ts' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    write: false,
    logLevel: 'error',
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  })
  writeFileSync(file, outputFiles[0]?.contents ?? '')
  const start = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    start,
    run: (args) =>
      new Promise((done, fail) => {
        const child = start(args)
        let output = ''
        let errors = ''
        child.stdout?.on('data', (chunk) => {
          output += chunk
        })
        child.stderr?.on('data', (chunk) => {
          errors += chunk
        })
        child.on('error', fail)
        child.on('close', (code) => (code === 0 ? done(output) : fail(new Error(`code ${code}: ${errors}`))))
      }),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}
