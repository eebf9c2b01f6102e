import type { FlagCommand } from '../flag-table.ts'
import { collect } from './parse-verb.ts'
import type { UsernsFlags } from './userns-options.ts'

/** Options of `run` and `create` about what a container may see and do. */
export interface IsolationFlags extends UsernsFlags {
  readonly readOnly?: boolean
  readonly shmSize?: string
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly privileged?: boolean
  readonly securityOpt?: readonly string[]
  readonly pid?: string
  readonly ipc?: string
  readonly uts?: string
  readonly cgroupns?: string
  readonly time?: string
  readonly timeOffset?: readonly string[]
  readonly device?: readonly string[]
  readonly deviceCgroupRule?: readonly string[]
  readonly sysctl?: readonly string[]
  readonly groupAdd?: readonly string[]
  readonly gpus?: string
  readonly runtime?: string
}

/** Declares them. */
export const defineIsolationFlags = <C extends FlagCommand>(command: C): C =>
  command
    .option('--read-only', 'the root cannot be written')
    .option('--shm-size <bytes>', 'size of /dev/shm (default: 64m)')
    .option('--cap-add <name>', 'add a capability (repeatable)', collect)
    .option('--cap-drop <name>', 'drop a capability (repeatable)', collect)
    .option('--privileged', 'all capabilities and devices, no filter')
    .option(
      '--security-opt <option>',
      'no-new-privileges, seccomp=unconfined|FILE, systempaths=unconfined, writable-cgroups (repeatable)',
      collect,
    )
    .option('--pid <mode>', 'host or container:NAME: see their processes')
    .option('--ipc <mode>', 'private, shareable, none, host or container:NAME')
    .option('--uts <mode>', 'host: share its name')
    .option('--cgroupns <mode>', 'private or host')
    .option('--userns <mode>', 'host, auto[:size=N], keep-id or container:NAME: whose ids it has')
    .option('--uidmap <mapping>', 'users by ID:HOST:SIZE (repeatable)', collect)
    .option('--gidmap <mapping>', 'groups by ID:HOST:SIZE (repeatable)', collect)
    .option('--subuidname <name>', 'users of that name in /etc/subuid')
    .option('--subgidname <name>', 'groups of that name in /etc/subgid')
    .option('--time <mode>', 'private, host or container:NAME: whose clocks it has')
    .option('--time-offset <clock=seconds>', 'set monotonic or boottime ahead (repeatable)', collect)
    .option('--device <path>', 'a device, PATH[:PATH-INSIDE][:rwm] (repeatable)', collect)
    .option(
      '--device-cgroup-rule <rule>',
      'allow devices by number, such as "c 42:* rmw" (repeatable)',
      collect,
    )
    .option('--sysctl <name=value>', 'set a kernel parameter of its own namespaces (repeatable)', collect)
    .option('--group-add <group>', 'a further group (repeatable)', collect)
    .option('--gpus <which>', 'not supported: use --device')
    .option('--runtime <name>', 'not supported: there is one')
