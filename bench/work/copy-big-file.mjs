import { fillBigFile, writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

/** COPY of one large file that does not compress: cold, then once more. */
export const copyBigFile = {
  name: 'copy-big-file',
  tools: builders,
  needs: ['build'],
  rounds: 3,
  rows: [
    { id: 'd', title: '`COPY` of one 1 GiB file, cold', target: { ratio: 0.25 } },
    { id: 'd2', title: 'the same again, all cached', target: { ratio: 0.3 } },
  ],
  round: (lab, { round }) => {
    const context = writeContext(lab, `big-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY big /\n`)
    fillBigFile(context, 'big', lab.sizes.bigBytes)
    return context
  },
  steps: ['d', 'd2'].map((row) => ({
    row,
    command: (store, { turn, round }) => store.build(turn, `bench-big:${round}`),
  })),
}
