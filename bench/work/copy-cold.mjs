import { fillContext, writeContext } from '../context.mjs'

/** COPY of many small files that no tool has seen before: every round has a new directory with new contents. */
export const copyCold = {
  name: 'copy-cold',
  needs: 'build',
  goal: 1500,
  before: (lab, _, round) => {
    const context = writeContext(lab, `copy-cold-${round}`, `FROM ${lab.base}\nCOPY files /files\n`)
    fillContext(context, lab.files, `cold-${round}`)
    return context
  },
  command: (tool, _, { turn, round }) => tool.build(turn, `bench-copy-cold:${round}`),
}
