import { runProgram } from './program.ts'
import { requireKnownLayout } from './run/known-layout.ts'
import { tsrunVerbs } from './run/verbs.ts'

void runProgram({
  name: 'tsrun',
  defaultVerb: 'run',
  verbs: tsrunVerbs,
  ready: ({ root }) => requireKnownLayout(root),
  help: async () => (await import('./run/help.ts')).tsrunHelp,
  failureCode: async (...failure) => (await import('./run/failure-code.ts')).failureCode(...failure),
})
