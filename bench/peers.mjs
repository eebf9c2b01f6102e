import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { must } from './measure.mjs'
import { bareRuntime, buildah, docker } from './tools.mjs'

const script = process.env.TSBUILD_PEERS ?? new URL('../../shared/lab/peers', import.meta.url).pathname

/** The other tools where they are installed and running, or the reason why there are none. */
export const findPeers = (directory) => {
  if (!existsSync(script)) return { tools: [], absent: 'there is no script that starts them' }
  if (spawnSync(script, ['status']).status !== 0) return { tools: [], absent: 'they are not up' }
  const prefix = must([script, 'prefix', directory]).trim().split(' ')
  return {
    tools: [docker(prefix), buildah(prefix, directory), bareRuntime('crun', prefix, 'crun', directory)],
  }
}
