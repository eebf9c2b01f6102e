import { type CreateOptions, createContainer, runToEnd } from '../../runtime/oci-runtime/index.ts'
import type { RuncContext, RuncVerb } from './context.ts'
import { type Flags, numberOf, onlyId, parseFlags, usage } from './flags.ts'

// no-pivot and no-new-keyring are taken and have no effect: the root is always entered by pivot_root, from which nothing
// in a RAM disk keeps us, since it becomes a mount of its own first.
const switches = ['no-pivot', 'no-new-keyring', 'no-mount-fallback', 'no-subreaper', 'detach', 'keep']
const shape = {
  switches,
  values: ['bundle', 'pid-file', 'console-socket', 'preserve-fds', 'config'],
  short: { b: 'bundle', d: 'detach', f: 'config' },
}

/** `tsrunc create --bundle DIR ID` */
export const create: RuncVerb = async (argv, runc) => {
  await createContainer(optionsOf(parseFlags(argv, shape), runc))
  return 0
}

/** `tsrunc run --bundle DIR ID` */
export const run: RuncVerb = (argv, runc) => {
  const flags = parseFlags(argv, shape)
  return runToEnd({ ...optionsOf(flags, runc), detach: flags.has('detach'), keep: flags.has('keep') })
}

const optionsOf = (flags: Flags, { root, path, warn, cli }: RuncContext): CreateOptions => {
  const pidFile = flags.value('pid-file')
  const consoleSocket = flags.value('console-socket')
  const config = flags.value('config')
  return {
    root,
    id: onlyId(flags),
    bundle: path(flags.value('bundle') ?? '.'),
    ...(config === undefined ? {} : { config: path(config) }),
    ...(pidFile ? { pidFile: path(pidFile) } : {}),
    ...(consoleSocket ? { consoleSocket: path(consoleSocket) } : {}),
    preserveFds: preservedFds(flags, cli.env),
    onWarning: warn,
  }
}

/** Those of socket activation (sd_listen_fds(3)) come first, then what was asked for. */
export const preservedFds = (flags: Flags, env: Readonly<Record<string, string | undefined>>): number => {
  const count = numberOf(flags, 'preserve-fds') ?? 0
  if (count < 0 || count > 500) throw usage(`flag --preserve-fds: expected 0 to 500, found ${count}`)
  const listening = Number(env['LISTEN_FDS'] ?? 0)
  return count + (Number.isInteger(listening) && listening > 0 ? listening : 0)
}
