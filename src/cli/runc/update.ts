import { readFileSync } from 'node:fs'
import type { RuntimeResources } from '../../foundation/oci/index.ts'
import { parseResourcesDocument, updateContainer } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { type Flags, numberOf, onlyId, parseFlags } from './flags.ts'

const shape = {
  values: [
    'resources',
    'blkio-weight',
    'cpu-period',
    'cpu-quota',
    'cpu-share',
    'cpuset-cpus',
    'cpuset-mems',
    'memory',
    'memory-reservation',
    'memory-swap',
    'pids-limit',
    'kernel-memory',
    'kernel-memory-tcp',
  ],
  short: { r: 'resources' },
} as const

/** `tsrunc update [--resources FILE|-] [--memory N ...] ID` */
export const update: RuncVerb = async (argv, { root, path, cli }) => {
  const flags = parseFlags(argv, shape)
  const file = flags.value('resources')
  const resources =
    file === undefined
      ? resourcesOf(flags)
      : parseResourcesDocument(readFileSync(file === '-' ? cli.stdin.fd : path(file), 'utf8'))
  updateContainer(root, onlyId(flags), resources)
  return 0
}

const resourcesOf = (flags: Flags): Partial<RuntimeResources> => {
  const put = (key: string, flag: string): Record<string, number> => {
    const value = numberOf(flags, flag)
    return value === undefined ? {} : { [key]: value }
  }
  const [cpus, mems] = [flags.value('cpuset-cpus'), flags.value('cpuset-mems')]
  const limit = numberOf(flags, 'pids-limit')
  return {
    memory: {
      ...put('limit', 'memory'),
      ...put('reservation', 'memory-reservation'),
      ...put('swap', 'memory-swap'),
    },
    cpu: {
      ...put('shares', 'cpu-share'),
      ...put('quota', 'cpu-quota'),
      ...put('period', 'cpu-period'),
      ...(cpus ? { cpus } : {}),
      ...(mems ? { mems } : {}),
    },
    ...(limit === undefined ? {} : { pids: { limit } }),
    blockIO: put('weight', 'blkio-weight'),
  }
}
