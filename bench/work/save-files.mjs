import { join } from 'node:path'
import { fillContext, writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

const work = (name, verb, row) => ({
  name,
  tools: builders,
  needs: ['build', verb],
  rounds: 3,
  rows: [row],
  round: (lab, { round }) => {
    const context = writeContext(lab, `${name}-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY . /app\n`)
    fillContext(context, lab.sizes.files, `${name} of round ${round}`)
    return context
  },
  steps: [
    { command: (store, { turn, round }) => store.build(turn, `bench-${name}:${round}`) },
    {
      row: row.id,
      command: (store, { lab, tool, turn, round }) =>
        store[verb](`bench-${name}:${round}`, join(lab.inputs, `${tool.name}-${name}-${round}.tar`), turn),
    },
  ],
})

export const saveOciFiles = work('save-oci', 'saveOci', {
  id: 'h',
  title: 'image of c to an OCI archive',
  target: { ratio: 0.3 },
})

export const saveFiles = work('save', 'save', {
  id: 'h2',
  title: 'image of c to a docker archive',
  target: { ratio: 0.35 },
})
