import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expectCode, type Outcome, type RunOptions, tsbuild } from './rig.ts'

export interface WatchedBuild extends Outcome {
  /** Whether it took Node. */
  readonly node: boolean
}

/** Builds that the helper may answer. */
export interface KnownBuilds {
  readonly root: string
  watched(args: readonly string[], options?: RunOptions): Promise<WatchedBuild>
  /** Builds until it is known: of what has just changed nothing is written down. */
  learned(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** The same by the program, in no time. */
  byNode(args: readonly string[], options?: RunOptions): Promise<Outcome>
}

/** With a store in the directory `work`, and a node that is first in PATH and writes down that it was called. */
export const knownBuilds = (work: string): KnownBuilds => {
  const root = join(work, 'store')
  const log = join(work, 'log')
  writeFileSync(join(work, 'node'), `#!/bin/sh\necho >> ${log}\nexec ${process.execPath} "$@"\n`, {
    mode: 0o755,
  })
  const build = (args: readonly string[], { env, ...options }: RunOptions = {}): Promise<Outcome> =>
    tsbuild(args, { root, cwd: work, ...options, env: { CI: '', ...env } })
  const watched: KnownBuilds['watched'] = async (args, { env, ...options } = {}) => {
    rmSync(log, { force: true })
    const path = { PATH: `${work}:${process.env['PATH']}` }
    const outcome = await build(args, { ...options, env: { ...path, ...env } })
    return { ...outcome, node: existsSync(log) }
  }
  return {
    root,
    watched,
    learned: async (args, options) => {
      for (const end = Date.now() + 60_000; Date.now() < end; ) {
        const { node, ...outcome } = await watched(args, options)
        expectCode(outcome)
        if (!node) return outcome
      }
      throw new Error('Node is still asked')
    },
    byNode: async (args, { env, ...options } = {}) => {
      const outcome = await build(args, { ...options, env: { ...env, TSBUILD_RECIPES: 'off' } })
      return { ...outcome, stderr: outcome.stderr.replace(/^(#\d+ DONE) \d+\.\ds$/gm, '$1 0.0s') }
    },
  }
}

export const imageIn = ({ stderr }: Outcome): string => /^image (sha256:.*)$/m.exec(stderr)?.[1] ?? ''
