import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atOnce, must } from '../command.mjs'

const project = new URL('../..', import.meta.url).pathname
const bin = (name) => join(project, 'bin', name)

/** The bridge of this store's containers would stay until the machine is restarted. */
const removeBridge = async (runRoot) => {
  const state = join(runRoot, 'net/bridge.json')
  if (!existsSync(state)) return
  const { name } = JSON.parse(readFileSync(state, 'utf8'))
  await must([join(project, 'native/build/tsbuild-native'), 'net', 'remove-bridge', name])
}

/** Our programs. */
export const tsbuild = {
  name: 'tsbuild',
  where: 'host',
  open: async (_, directory) => {
    const env = { TSBUILD_ROOT: join(directory, 'store'), TSBUILD_RUN: join(directory, 'run') }
    const tsbuild = (...words) => ({ argv: [bin('tsbuild'), ...words], env })
    const tsrun = (...words) => ({ argv: [bin('tsrun'), '--rm', ...words], env })
    mkdirSync(directory, { recursive: true })
    return {
      import: (archive, name) => tsbuild('import', archive, name),
      build: (context, name) => tsbuild('build', '-q', '-t', name, context),
      run: tsrun,
      runMany: (count, ...words) => atOnce(count, tsrun(...words)),
      start: (program, ...words) => ({ argv: [bin(program), ...words], env }),
      push: (name) => tsbuild('push', '-q', name),
      pull: (name) => tsbuild('pull', '-q', name),
      save: (name, file) => tsbuild('save', '-o', file, name),
      saveOci: (name, file) => tsbuild('save', '--format', 'oci-archive', '-o', file, name),
      tag: (from, to) => tsbuild('tag', from, to),
      images: () => tsbuild('images'),
      df: () => tsbuild('df'),
      pruneImages: () => tsbuild('prune', '-a', '-f'),
      load: (file) => tsbuild('load', '-i', file),
      pids: () => [],
      close: () => removeBridge(env.TSBUILD_RUN),
    }
  },
}
