import { fillContext, writeContext } from '../context.mjs'
import { openPublisher, startRegistry, startRegistryWithDebian } from '../registry.mjs'
import { builders } from '../tools/groups.mjs'
import { writeHalf } from './debian-files.mjs'

/** The image of e goes to a registry that has its base already. */
export const pushDebianFiles = {
  name: 'push-debian-files',
  tools: builders,
  needs: ['build', 'push', 'pull'],
  bases: [],
  archives: ['debian'],
  rounds: 3,
  rows: [
    {
      id: 'i',
      title: 'push of image e to a local registry (gzip, first time)',
      target: { ratio: 0.5, of: 'buildah' },
    },
  ],
  prepare: startRegistryWithDebian,
  round: (lab, { input, round }) =>
    writeContext(lab, `push-${round}`, `FROM ${input.base}\n${writeHalf(lab.sizes.writtenFiles, round)}`),
  steps: [
    { command: (store, { input }) => store.pull(input.base) },
    {
      command: (store, { tool, input, turn, round }) =>
        store.build(turn, `${input.host}/${tool.name}:${round}`),
    },
    {
      row: 'i',
      command: (store, { tool, input, round }) => store.push(`${input.host}/${tool.name}:${round}`),
    },
  ],
}

/** ... and into stores that have nothing. */
export const pullDebianFiles = {
  name: 'pull-debian-files',
  tools: builders,
  needs: ['pull', 'run'],
  bases: [],
  archives: ['debian'],
  fresh: 'round',
  rounds: 3,
  rows: [
    {
      id: 'i2',
      title: 'pull of it (with its base) into an empty store, then run `true` from it',
      target: { ratio: 0.35 },
    },
  ],
  prepare: async (lab) => {
    const { host, publisher, base } = await startRegistryWithDebian(lab)
    const context = writeContext(lab, 'published', `FROM ${base}\n${writeHalf(lab.sizes.writtenFiles, 0)}`)
    await publisher.publish(context, `${host}/files:1`)
    return `${host}/files:1`
  },
  steps: [
    {
      row: 'i2',
      command: (store, { input }) => [store.pull(input), store.run('--network=none', input, 'true')],
    },
  ],
}

/** One layer of many small files comes from a registry and is unpacked. */
export const unpackFiles = {
  name: 'unpack-files',
  tools: builders,
  needs: ['pull', 'run'],
  bases: [],
  fresh: 'round',
  rounds: 3,
  rows: [{ id: 'unpack', title: 'pull of a layer of 50,000 files (200 MB), then run `true` from it' }],
  prepare: async (lab) => {
    const host = await startRegistry(lab)
    const publisher = await openPublisher(lab)
    const context = writeContext(lab, 'published', `FROM ${lab.bases.busybox.name}\nCOPY . /app\n`)
    fillContext(context, lab.sizes.files, 'unpacked')
    await publisher.publish(context, `${host}/files:1`)
    return `${host}/files:1`
  },
  steps: [
    {
      row: 'unpack',
      command: (store, { input }) => [store.pull(input), store.run('--network=none', input, 'true')],
    },
  ],
}
