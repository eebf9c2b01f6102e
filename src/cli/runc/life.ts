import {
  deleteContainer,
  killContainer,
  pauseContainer,
  resumeContainer,
  startContainer,
} from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { onlyId, parseFlags, usage } from './flags.ts'
import { parseSignal } from './signal.ts'

/** `tsrunc start ID` */
export const start: RuncVerb = async (argv, { root }) => {
  await startContainer(root, onlyId(parseFlags(argv, {})))
  return 0
}

/** `tsrunc kill [--all] ID [SIGNAL]` */
export const kill: RuncVerb = async (argv, { root }) => {
  const flags = parseFlags(argv, { switches: ['all', 'regex'], short: { a: 'all' } })
  const [id, signal = 'TERM', ...rest] = flags.operands
  if (id === undefined || rest.length > 0) throw usage('expected a container id and a signal')
  killContainer(root, id, { signal: parseSignal(signal), all: flags.has('all') })
  return 0
}

/** `tsrunc delete [--force] ID` */
export const remove: RuncVerb = async (argv, { root, warn }) => {
  const flags = parseFlags(argv, { switches: ['force'], short: { f: 'force' } })
  await deleteContainer(root, onlyId(flags), { force: flags.has('force'), onWarning: warn })
  return 0
}

/** `tsrunc pause ID` */
export const pause: RuncVerb = async (argv, { root }) => {
  pauseContainer(root, onlyId(parseFlags(argv, {})))
  return 0
}

/** `tsrunc resume ID` */
export const resume: RuncVerb = async (argv, { root }) => {
  resumeContainer(root, onlyId(parseFlags(argv, {})))
  return 0
}
