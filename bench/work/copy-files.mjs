import { changeOneFile, fillContext, writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

/**
 * COPY of many small files: cold (every round has a new directory with new contents), once more, and after one file
 * changed.
 */
export const copyFiles = {
  name: 'copy-files',
  tools: builders,
  needs: ['build'],
  rounds: 3,
  rows: [
    { id: 'c', title: '`COPY` of 50,000 files (200 MB), cold', target: { ratio: 0.1 } },
    { id: 'c2', title: 'the same again, all cached', target: { ratio: 0.1 } },
    { id: 'c3', title: 'the same after one file changed', target: { ratio: 0.05 } },
  ],
  round: (lab, { round }) => {
    const context = writeContext(lab, `files-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY . /app\n`)
    fillContext(context, lab.sizes.files, `copied in round ${round}`)
    return context
  },
  steps: ['c', 'c2', 'c3'].map((row) => ({
    row,
    each: ({ lab, turn, round }) =>
      row === 'c3' && changeOneFile(turn, lab.sizes.files, `changed in round ${round}\n`),
    command: (store, { turn, round }) => store.build(turn, `bench-files:${round}`),
  })),
}
