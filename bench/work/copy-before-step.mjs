import { changeOneFile, fillContext, writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

/** The COPY of many small files with a RUN behind it that needs them on disk. */
export const copyBeforeStep = {
  name: 'copy-before-step',
  tools: builders,
  needs: ['build'],
  rounds: 3,
  rows: [
    { id: 'c-step', title: 'c with a `RUN` behind the `COPY`', target: { ratio: 0.1 } },
    { id: 'c3-step', title: 'c3 with a `RUN` behind the `COPY`', target: { ratio: 0.05 } },
  ],
  round: (lab, { round }) => {
    const text = `FROM ${lab.bases.busybox.name}\nCOPY . /app\nRUN cat /app/d0/f0.txt > /first\n`
    const context = writeContext(lab, `step-${round}`, text)
    fillContext(context, lab.sizes.files, `stepped in round ${round}`)
    return context
  },
  steps: ['c-step', 'c3-step'].map((row) => ({
    row,
    each: ({ lab, turn, round }) =>
      row === 'c3-step' && changeOneFile(turn, lab.sizes.files, `changed in round ${round}\n`),
    command: (store, { turn, round }) => store.build(turn, `bench-step:${round}`),
  })),
}
