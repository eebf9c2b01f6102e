import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BaseImage } from '../differential/base.ts'
import { imageName } from './run-sequence.ts'
import type { Runner } from './types.ts'

const project = join(import.meta.dirname, '../..')

/** A variable that steps can hand on with `-e`. */
const handed = 'FROM_HOST=from the host'

const must = (argv: readonly string[]): string => {
  const [file = '', ...args] = argv
  return execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe' })
}

/** tsrun of this tree with the store `root`; the image of the sequences is loaded into it. */
export const makeOurs = (root: string, run: string, base: BaseImage): Runner => {
  const own = ['env', `TSBUILD_ROOT=${root}`, `TSBUILD_RUN=${run}`, 'TSBUILD_PULL=never', 'CI=1', handed]
  const bin = process.env['TSBUILD_BIN'] ?? join(project, 'bin')
  must([...own, join(bin, 'tsbuild'), 'load', '-i', base.archive])
  return {
    name: 'tsrun',
    argv: () => [...own, join(bin, 'tsrun')],
    imagesArgv: () => [...own, join(bin, 'tsbuild')],
  }
}

/** Where the peers' script is. */
const peers = process.env['TSBUILD_PEERS'] ?? join(project, '../shared/lab/peers')

/** Docker, or undefined where there is none. It sees `work`. */
export const findDocker = (work: string, base: BaseImage): (Runner & Disposable) | undefined => {
  if (!existsSync(peers)) return undefined
  const prefix = must([peers, 'prefix', work]).trim().split(' ')
  const at = prefix.indexOf('-C') + 1
  const argv = (cwd: string): readonly string[] => [...prefix.with(at, cwd), handed, 'docker']
  const docker = (...words: readonly string[]): string => must([...argv(work), ...words]).trim()
  docker('load', '-i', base.archive)
  return {
    name: `docker ${docker('version', '--format', '{{.Server.Version}}').replace(/\+.*/, '')}`,
    argv,
    imagesArgv: argv,
    [Symbol.dispose]: () => {
      const left = docker('ps', '-aq', '--filter', `ancestor=${imageName}`).split('\n').filter(Boolean)
      if (left.length > 0) docker('rm', '-f', '-v', ...left)
      docker('rmi', imageName)
    },
  }
}
