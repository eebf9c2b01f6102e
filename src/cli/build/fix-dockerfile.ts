import { readFileSync, realpathSync, statSync } from 'node:fs'
import { applyCheckFixes, type BuildOptions, checkBuild, type Store } from '../../engine/index.ts'
import { AppError, type Diagnostic, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import type { CliContext } from '../context.ts'
import { printable } from '../render/printable.ts'

/** Fixes may stand in each other's way: what is left over is made in the next round. */
const rounds = 10

/**
 * --fix: makes the edits of all checks that have some, writes the file in one step, and says on standard error what was done. Returns the options
 * with the new text. A file that does not build is left alone. Throws `unfixable` when there is no file, or when it is no longer what was read.
 */
export const fixDockerfile = async (
  options: BuildOptions,
  store: Store,
  cli: CliContext,
  signal: AbortSignal,
): Promise<BuildOptions> => {
  const { path, text, name } = options.dockerfile
  if (path === undefined)
    throw new AppError('unfixable', `fix ${name}: it is no file`, {
      exitCode: exitCode.usage,
      hint: 'name the Dockerfile with -f',
    })
  let current = options
  const done: Diagnostic[] = []
  for (let round = 0; round < rounds; round++) {
    const { findings, errors } = await checkBuild(store, current, signal)
    // What a file that does not build means is not certain.
    if (errors.length > 0) return options
    const outcome = applyCheckFixes(current.dockerfile.text, findings)
    if (outcome.fixed.length === 0) break
    done.push(...outcome.fixed)
    current = { ...current, dockerfile: { ...current.dockerfile, text: outcome.text } }
  }
  if (current.dockerfile.text !== text) rewrite(path, text, current.dockerfile.text)
  for (const { file, range, code } of done)
    cli.stderr.write(`fixed ${printable(`${file}:${range?.start.line ?? 1}: ${code}`)}\n`)
  return current
}

const rewrite = (path: HostPath, before: string, after: string): void => {
  const target = realpathSync(path)
  if (!readFileSync(target).equals(Buffer.from(before)))
    throw new AppError('unfixable', `fix ${path}: its bytes are not those that were checked`, {
      exitCode: exitCode.storeIo,
      hint: 'save it as UTF-8, and run the command again when nothing else writes it',
    })
  atomicWrite(target, after, { mode: statSync(target).mode & 0o7777 })
}
