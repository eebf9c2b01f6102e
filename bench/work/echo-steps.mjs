import { writeContext } from '../context.mjs'

/** Five RUN steps that no tool has seen before (each round has its own text), then the same again. */
export const echoSteps = {
  name: 'echo-steps',
  needs: ['build'],
  rows: [
    { id: 'a', title: 'five `RUN echo`, cold', target: { ratio: 0.2 } },
    { id: 'b', title: 'the same again, all cached', target: { ratio: 0.5 } },
    { id: 'b-first', title: 'b under a name that was not given before' },
  ],
  round: (lab, { round }) => {
    const steps = [1, 2, 3, 4, 5].map((step) => `RUN echo step ${step} of round ${round}\n`)
    return writeContext(lab, `echo-${round}`, `FROM ${lab.bases.busybox.name}\n${steps.join('')}`)
  },
  steps: [
    { row: 'a', command: (store, { turn, round }) => store.build(turn, `bench-echo:${round}`) },
    { row: 'b', command: (store, { turn, round }) => store.build(turn, `bench-echo:${round}`) },
    // Nothing that was written down of an earlier build fits.
    { row: 'b-first', command: (store, { turn, round }) => store.build(turn, `bench-echo-again:${round}`) },
  ],
}
