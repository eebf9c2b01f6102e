import type { FlagCommand } from '../flag-table.ts'
import { collect } from './parse-verb.ts'

/** Options of `run` and `create` that podman has and docker has not, as commander names them. */
export interface PodmanFlags {
  readonly replace?: boolean
  readonly pidfile?: string
  readonly tz?: string
  readonly umask?: string
  readonly envHost?: boolean
  readonly unsetenv?: readonly string[]
  readonly unsetenvAll?: boolean
  readonly timeout?: string
  readonly readOnlyTmpfs?: boolean
  readonly preserveFds?: string
}

/** Declares them. What podman has besides is refused with a hint (`podman-hints.ts`). */
export const definePodmanFlags = <C extends FlagCommand>(command: C): C =>
  command
    .option('--replace', 'remove a container that has the name of --name first')
    .option('--pidfile <path>', 'write the process id of its first process to a file, at every start')
    .option('--tz <zone>', 'time zone such as Europe/Berlin; local is that of this machine')
    .option('--umask <octal>', 'file mode mask of its processes (default: 0022)')
    .option('--env-host', 'set the variables that are set here')
    .option('--unsetenv <name>', 'leave a variable of the image out (repeatable)', collect)
    .option('--unsetenv-all', 'leave all variables of the image out')
    .option('--timeout <seconds>', 'kill it when it has run so long; 0 is for ever')
    .option('--read-only-tmpfs', 'with --read-only: /run, /tmp and /var/tmp can be written, in memory')
    .option('--preserve-fds <number>', 'hand on so many descriptors of ours, from 3 on')
