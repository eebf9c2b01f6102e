import { writeContext } from '../context.mjs'

/** Many RUN steps, each of which writes one file: the cost of one step. */
export const manySteps = {
  name: 'many-steps',
  needs: ['build'],
  rounds: 3,
  rows: [{ id: 'g', title: '30 x `RUN echo > file`: per step', target: { ratio: 0.1 } }],
  round: (lab, { round }) => {
    const steps = Array.from(
      { length: lab.sizes.steps },
      (_, i) => `RUN echo ${i} of round ${round} > /file${i}\n`,
    )
    return writeContext(lab, `steps-${round}`, `FROM ${lab.bases.busybox.name}\n${steps.join('')}`)
  },
  steps: [
    {
      row: 'g',
      per: ({ sizes }) => sizes.steps,
      command: (store, { turn, round }) => store.build(turn, `bench-steps:${round}`),
    },
  ],
}
