import { runProgram } from './program.ts'
import { tsrunVerbs } from './run/verbs.ts'

void runProgram({
  name: 'tsrun',
  defaultVerb: 'run',
  verbs: tsrunVerbs,
  help: async () => (await import('./run/help.ts')).tsrunHelp,
})
