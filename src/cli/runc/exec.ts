import { readFileSync } from 'node:fs'
import type { RuntimeProcess } from '../../foundation/oci/index.ts'
import { execProcess, parseProcessDocument } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { preservedFds } from './create.ts'
import { type Flags, parseFlags, usage } from './flags.ts'

const shape = {
  switches: ['detach', 'tty', 'no-new-privs', 'ignore-paused', 'no-subreaper'],
  values: [
    'process',
    'pid-file',
    'console-socket',
    'cwd',
    'env',
    'user',
    'additional-gids',
    'cap',
    'preserve-fds',
    'apparmor',
    'process-label',
    'cgroup',
  ],
  short: { d: 'detach', t: 'tty', p: 'process', e: 'env', u: 'user', g: 'additional-gids', c: 'cap' },
  stopAtOperand: true,
} as const

/** `tsrunc exec [--process FILE] ID [COMMAND...]` */
export const exec: RuncVerb = async (argv, { root, path, warn, cli }) => {
  const flags = parseFlags(argv, shape)
  const [id, ...command] = flags.operands
  if (id === undefined) throw usage('expected a container id')
  const file = flags.value('process')
  if (file === undefined && command.length === 0) throw usage('expected a command, or --process FILE')
  const pidFile = flags.value('pid-file')
  const consoleSocket = flags.value('console-socket')
  return execProcess({
    root,
    id,
    process:
      file === undefined
        ? (defaults) => processOf(flags, command, defaults)
        : () => parseProcessDocument(readFileSync(path(file), 'utf8')),
    detach: flags.has('detach'),
    ...(pidFile ? { pidFile: path(pidFile) } : {}),
    ...(consoleSocket ? { consoleSocket: path(consoleSocket) } : {}),
    preserveFds: preservedFds(flags, cli.env),
    onWarning: warn,
  })
}

/** The container's own process with another command, and what the flags say. */
const processOf = (flags: Flags, args: readonly string[], defaults: RuntimeProcess): RuntimeProcess => {
  const user = flags.value('user')
  const extra = flags.all('cap')
  const { bounding, effective, permitted, inheritable, ambient } = defaults.capabilities
  const { consoleSize: _, ...rest } = defaults
  return {
    ...rest,
    args,
    terminal: flags.has('tty'),
    env: [...defaults.env, ...flags.all('env')],
    cwd: flags.value('cwd') ?? defaults.cwd,
    user: {
      ...defaults.user,
      ...(user === undefined ? {} : parseUser(user)),
      additionalGids: [...defaults.user.additionalGids, ...flags.all('additional-gids').map(parseId)],
    },
    capabilities: {
      bounding: [...bounding, ...extra],
      effective: [...effective, ...extra],
      permitted: [...permitted, ...extra],
      inheritable,
      ambient,
    },
    noNewPrivileges: defaults.noNewPrivileges || flags.has('no-new-privs'),
  }
}

const parseUser = (text: string): { readonly uid: number; readonly gid: number } => {
  const [uid = '', gid] = text.split(':')
  return { uid: parseId(uid), gid: gid === undefined ? 0 : parseId(gid) }
}

const parseId = (text: string): number => {
  if (!/^\d+$/.test(text))
    throw usage(`expected the number of a user or group, found ${JSON.stringify(text)}`)
  return Number(text)
}
