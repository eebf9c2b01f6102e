/** Twenty containers that do nothing, started at once: the time until the last one has ended. */
export const runTwenty = {
  name: 'run-twenty',
  goal: 800,
  warm: (tool, lab) => [tool.run(lab.base, '/bin/true')],
  command: (tool, lab) => tool.runMany(20, lab.base, '/bin/true'),
}
