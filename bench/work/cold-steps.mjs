import { writeContext } from '../context.mjs'

/** Five RUN steps that no tool has seen before: each round has its own text, so no cache has to be emptied. */
export const coldSteps = {
  name: 'cold-steps',
  needs: 'build',
  goal: 200,
  before: (lab, _, round) => {
    const steps = [1, 2, 3, 4, 5].map((step) => `RUN echo step ${step} of round ${round} > /step${step}\n`)
    return writeContext(lab, `cold-steps-${round}`, `FROM ${lab.base}\n${steps.join('')}`)
  },
  command: (tool, _, { turn, round }) => tool.build(turn, `bench-cold:${round}`),
}
