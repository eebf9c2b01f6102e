import { fillContext, writeContext } from '../context.mjs'

/** The same COPY of many small files once more: the tool has to find out that nothing changed. */
export const copyUnchanged = {
  name: 'copy-unchanged',
  needs: 'build',
  goal: 200,
  prepare: (lab) => {
    const context = writeContext(lab, 'copy-unchanged', `FROM ${lab.base}\nCOPY files /files\n`)
    fillContext(context, lab.files, 'unchanged')
    return context
  },
  warm: (tool, _, context) => [tool.build(context, 'bench-copy:1')],
  command: (tool, _, { input }) => tool.build(input, 'bench-copy:1'),
}
