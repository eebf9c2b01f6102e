// OCI runtimes on a bare bundle: no image, no store, no network. Shown for comparison, not as competitors.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { atOnce, must } from '../command.mjs'

const tsruncProgram = new URL('../../bin/tsrunc', import.meta.url).pathname

const makeBundle = async (lab, bundle) => {
  mkdirSync(join(bundle, 'rootfs'), { recursive: true })
  await must(['tar', '-C', join(bundle, 'rootfs'), '-xf', lab.bases.busybox.archive])
  await must([tsruncProgram, 'spec', '--bundle', bundle])
  const file = join(bundle, 'config.json')
  const spec = JSON.parse(readFileSync(file, 'utf8'))
  spec.process = { ...spec.process, terminal: false, args: ['/bin/true'], rlimits: [] }
  writeFileSync(file, JSON.stringify(spec))
}

const unique = 'ANOTHER'

const runtime = (name, where, program) => ({
  name,
  where,
  reference: true,
  open: async (lab, directory) => {
    const prefix = where === 'peers' ? lab.peers.prefix : []
    const bundle = join(lab.directory, 'bundles', `${name}-${lab.counter()}`)
    await makeBundle(lab, bundle)
    const start = (id) => ({
      argv: [...prefix, program, '--root', join(directory, 'state'), 'run', '--bundle', bundle, id],
    })
    return {
      runBundle: () => start('alone'),
      runManyBundles: (count) => atOnce(count, start(unique), prefix, unique),
      pids: () => [],
      close: () => {},
    }
  },
})

export const crun = runtime('crun', 'peers', 'crun')
export const tsrunc = runtime('tsrunc', 'host', tsruncProgram)
