/** A container that does nothing, with each tool's defaults. */
export const runTrue = {
  name: 'run-true',
  goal: 60,
  warm: (tool, lab) => [tool.run(lab.base, '/bin/true')],
  command: (tool, lab) => tool.run(lab.base, '/bin/true'),
}
