import { runProgram } from './program.ts'
import { tsbuildVerbs } from './verbs.ts'

void runProgram({
  name: 'tsbuild',
  defaultVerb: 'build',
  verbs: tsbuildVerbs,
  help: async () => (await import('./help.ts')).tsbuildHelp,
})
