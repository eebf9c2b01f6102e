import { fillBigFile, writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

/** The memory of all processes of a tool while it copies one large file, cold; of a daemon what it grew by. */
export const memory = {
  name: 'memory',
  tools: builders,
  needs: ['build'],
  rounds: 3,
  rows: [{ id: 'k', title: 'peak memory of d, all processes', unit: 'MB', target: { most: 120 } }],
  round: (lab, { round }) => {
    const context = writeContext(lab, `memory-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY big /\n`)
    fillBigFile(context, 'big', lab.sizes.bigBytes)
    return context
  },
  steps: [
    {
      row: 'k',
      memory: true,
      command: (store, { turn, round }) => store.build(turn, `bench-memory:${round}`),
    },
  ],
}
