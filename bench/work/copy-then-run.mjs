import { changeOneFile, fillContext, writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

/** The COPY of many small files with the first use of the image right behind, in one figure. */
export const copyThenRun = {
  name: 'copy-then-run',
  tools: builders,
  needs: ['build', 'run'],
  rounds: 3,
  rows: [
    { id: 'c-run', title: 'c, then `run IMAGE true`', target: { ratio: 0.1 } },
    { id: 'c3-run', title: 'c3, then `run IMAGE true`', target: { ratio: 0.05 } },
  ],
  round: (lab, { round }) => {
    const context = writeContext(lab, `run-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY . /app\n`)
    fillContext(context, lab.sizes.files, `run in round ${round}`)
    return context
  },
  steps: ['c-run', 'c3-run'].map((row) => ({
    row,
    each: ({ lab, turn, round }) =>
      row === 'c3-run' && changeOneFile(turn, lab.sizes.files, `changed in round ${round}\n`),
    command: (store, { turn, round }) => {
      const name = `bench-run:${round}`
      return [store.build(turn, name), store.run('--network=none', name, '/bin/true')]
    },
  })),
}
