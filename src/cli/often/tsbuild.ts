import { run } from '../build/run.ts'
import { runProgram } from '../program.ts'

/** tsbuild with the one verb that is called most: the launcher takes it for nothing else. It is a third smaller, and starts sooner. */
void runProgram({
  name: 'tsbuild',
  defaultVerb: 'build',
  verbs: { build: () => Promise.resolve(run) },
  help: async () => (await import('../help.ts')).tsbuildHelp,
})
