import { join } from 'node:path'
import { must } from '../command.mjs'
import { fillMixedFile, writeContext } from '../context.mjs'
import { openPublisher, startRegistry } from '../registry.mjs'
import { carriers } from '../tools/groups.mjs'

const parts = 4

/** It keeps layers as they came: it compresses none when it pushes, and unpacks none when it pulls. */
const aside = ['skopeo']

/** A context for an image of so many bytes in four layers: noise and text in turns, other ones for each seed. */
const contextOf = (lab, name, bytes, seed) => {
  const copies = Array.from({ length: parts }, (_, i) => `COPY big${i} /\n`).join('')
  const context = writeContext(lab, name, `FROM ${lab.bases.busybox.name}\n${copies}`)
  for (let i = 0; i < parts; i++) fillMixedFile(context, `big${i}`, bytes / parts, `${seed} ${i}`)
  return context
}

/** Sending: the registry knows nothing of it, then everything. */
const send = (position, size, label) => ({
  name: `send-${size}`,
  tools: carriers,
  needs: ['load', 'tag', 'push'],
  bases: [],
  rounds: position === 0 ? 3 : 1,
  rows: [
    {
      id: `push-${size}`,
      title: `push of a ${label} image (half noise) to a local registry, first time`,
      aside,
    },
    { id: `push-again-${size}`, title: 'the same push again', aside },
  ],
  prepare: async (lab) => ({ host: await startRegistry(lab), publisher: await openPublisher(lab) }),
  round: async (lab, { input, round }) => {
    const bytes = lab.sizes.imageBytes[position]
    const context = contextOf(lab, `send-${round}`, bytes, `send ${round}`)
    const name = `${input.host}/image:${round}`
    const archive = join(lab.inputs, `send-${round}.tar`)
    await must(input.publisher.build(context, name))
    await must(input.publisher.save(name, archive))
    return { name, archive }
  },
  // A registry has blobs by repository: each tool has its own.
  steps: [
    {
      command: (store, { input, tool, turn, round }) => [
        store.load(turn.archive, turn.name),
        store.tag(turn.name, `${input.host}/${tool.name}:${round}`),
      ],
    },
    ...[`push-${size}`, `push-again-${size}`].map((row) => ({
      row,
      command: (store, { input, tool, round }) => store.push(`${input.host}/${tool.name}:${round}`),
    })),
  ],
})

/** Receiving: from the registry and from a file, into empty stores; and writing it to a file. */
const receive = (position, size, label) => ({
  name: `receive-${size}`,
  tools: carriers,
  needs: ['pull', 'load', 'save'],
  bases: [],
  fresh: 'round',
  rounds: position === 0 ? 3 : 1,
  rows: [
    { id: `pull-${size}`, title: `pull of a ${label} image (half noise) into an empty store`, aside },
    { id: `save-${size}`, title: `save of a ${label} image to a docker archive` },
    { id: `load-${size}`, title: `load of a ${label} image from a docker archive` },
  ],
  prepare: async (lab) => {
    const host = await startRegistry(lab)
    const publisher = await openPublisher(lab)
    const bytes = lab.sizes.imageBytes[position]
    await publisher.publish(contextOf(lab, 'pulled', bytes, 'pulled'), `${host}/pulled:1`)
    await must(publisher.build(contextOf(lab, 'loaded', bytes, 'loaded'), `${host}/loaded:1`))
    const archive = join(lab.inputs, 'loaded.tar')
    await must(publisher.save(`${host}/loaded:1`, archive))
    return { name: `${host}/pulled:1`, archive }
  },
  steps: [
    { row: `pull-${size}`, command: (store, { input }) => store.pull(input.name) },
    {
      row: `save-${size}`,
      command: (store, { lab, input, tool, round }) =>
        store.save(input.name, join(lab.inputs, `${tool.name}-${round}.tar`)),
    },
    { row: `load-${size}`, command: (store, { input }) => store.load(input.archive, input.name) },
  ],
})

export const imageTransfers = [
  send(0, '200MB', '200 MB'),
  send(1, '2GB', '2 GB'),
  receive(0, '200MB', '200 MB'),
  receive(1, '2GB', '2 GB'),
]
