import type { FlagCommand } from '../flag-table.ts'
import { defineIsolationFlags, type IsolationFlags } from './isolation-flags.ts'
import { defineLifeFlags, type LifeFlags } from './life-flags.ts'
import { defineLimitFlags, type LimitFlags } from './limit-flags.ts'
import { defineNetworkFlags, type NetworkFlags } from './network-flags.ts'
import { defineOtherFlags, type OtherFlags } from './other-flags.ts'
import { collect } from './parse-verb.ts'
import { definePodmanFlags, type PodmanFlags } from './podman-flags.ts'

/** The options of `run` and `create` as commander names them. */
export interface RunFlags
  extends LimitFlags,
    IsolationFlags,
    NetworkFlags,
    LifeFlags,
    OtherFlags,
    PodmanFlags {
  readonly detach?: boolean
  readonly interactive?: boolean
  readonly tty?: boolean
  readonly rm?: boolean
  readonly init?: boolean
  readonly name?: string
  readonly entrypoint?: string
  readonly env?: readonly string[]
  readonly envFile?: readonly string[]
  readonly label?: readonly string[]
  readonly workdir?: string
  readonly user?: string
  readonly hostname?: string
  readonly domainname?: string
  readonly volume?: readonly string[]
  readonly mount?: readonly string[]
  readonly volumesFrom?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly cidfile?: string
  readonly pull?: string
  readonly platform?: string
}

/** Declares the options; those after IMAGE belong to the command. */
export const defineRunFlags = <C extends FlagCommand>(command: C): C => {
  command
    .argument('<image>', 'name or id')
    .argument('[command...]', "instead of the image's own")
    .passThroughOptions()
  return defineOtherFlags(
    definePodmanFlags(
      defineIsolationFlags(defineNetworkFlags(defineLimitFlags(files(defineLifeFlags(basics(command)))))),
    ),
  )
}

const basics = <C extends FlagCommand>(command: C): C =>
  command
    .option('-d, --detach', 'go on in the background and print the id')
    .option('-i, --interactive', 'pass standard input on')
    .option('-t, --tty', 'give the container a terminal')
    .option('--rm', 'remove the container when it has ended')
    .option('--init', 'run an init that forwards signals and reaps')
    .option('--name <name>', 'name the container')
    .option('--entrypoint <program>', 'replace the entrypoint of the image; "" clears it')
    .option('-e, --env <name=value>', 'set a variable; without =value it is ours (repeatable)', collect)
    .option('--env-file <path>', 'set variables from a file (repeatable)', collect)
    .option('-l, --label <key=value>', 'set a label (repeatable)', collect)
    .option('-w, --workdir <path>', 'working directory')
    .option('-u, --user <user>', 'USER or UID, with :GROUP or :GID')
    .option('-h, --hostname <name>', 'host name of the container')
    .option('--domainname <name>', 'domain name of the container')
    .option('--cidfile <path>', 'write the id to a file')
    .option('--pull <policy>', 'missing (default), always or never')
    .option('--platform <os/arch>', 'refuse an image that is for another one')

const files = <C extends FlagCommand>(command: C): C =>
  command
    .option(
      '-v, --volume <source:path>',
      'mount a volume or a path of the host, [SOURCE:]PATH[:ro] (repeatable)',
      collect,
    )
    .option('--mount <fields>', 'type=bind|volume|tmpfs|image,source=..,target=.. (repeatable)', collect)
    .option('--volumes-from <container>', 'the mounts of another one, CONTAINER[:ro] (repeatable)', collect)
    .option('--tmpfs <path>', 'a file system in memory, PATH[:OPTIONS] (repeatable)', collect)
