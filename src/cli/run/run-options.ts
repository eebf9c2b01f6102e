import type { ContainerWish, CreateOptions, MountWish } from '../../engine/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'
import { attachedStreams } from './attach-streams.ts'
import { given } from './given.ts'
import { isolation } from './isolation-options.ts'
import { life } from './life-options.ts'
import { limits } from './limit-options.ts'
import { networking } from './network-options.ts'
import { labelsOfFiles, refuseOther } from './other-flags.ts'
import { parseEnvironment } from './parse-env.ts'
import { parseMount } from './parse-mount.ts'
import { pairs, parseLabels } from './parse-values.ts'
import { usage } from './parse-verb.ts'
import { parseTmpfs, parseVolume } from './parse-volume.ts'
import { hostVariables, podmanOptions, writableMounts } from './podman-options.ts'
import type { RunFlags } from './run-flags.ts'
import { timeZone } from './time-zone.ts'

/** A command line of `run` or `create`, in the engine's words. */
export interface RunWish {
  readonly options: Omit<ContainerWish, 'mounts'>
  readonly mounts: readonly MountWish[]
}

/** Everything that can be told without the store. Throws `usage` (exit code 125). */
export const toRunWish = (flags: RunFlags, command: readonly string[], cli: CliContext): RunWish => {
  refuseUnsupported(flags)
  refuseOther(flags)
  const zone = timeZone(flags.tz)
  const mounts = [
    ...[...new Set(flags.volume)].map((text) => parseVolume(text, cli.cwd)),
    ...(flags.mount ?? []).map((text) => parseMount(text, cli.cwd)),
    ...(flags.tmpfs ?? []).map(parseTmpfs),
  ]
  return {
    options: {
      command,
      ...basics(flags, zone.env, cli),
      ...podmanOptions(flags, cli),
      ...isolation(flags, cli),
      ...networking(flags, cli),
      ...limits(flags, cli),
      volumesFrom: flags.volumesFrom ?? [],
      ...given('platform', flags.platform === undefined ? undefined : parsePlatform(flags.platform)),
    },
    mounts: [...mounts, ...zone.mounts, ...writableMounts(flags, mounts)],
  }
}

const refuseUnsupported = ({ pull }: RunFlags): void => {
  if (pull !== undefined && !['missing', 'never', 'always'].includes(pull)) {
    throw usage('run', `--pull ${pull}: expected missing, never or always`)
  }
}

const basics = (flags: RunFlags, first: readonly string[], cli: CliContext): CreateOptions => ({
  // Docker's names have a slash in front when it shows them.
  ...given('name', flags.name?.replace(/^\/(?=.)/, '')),
  ...(flags.entrypoint === undefined
    ? {}
    : { entrypoint: flags.entrypoint === '' ? [] : [flags.entrypoint] }),
  env: [
    ...hostVariables(flags, cli),
    ...first,
    ...parseEnvironment(cli, flags.envFile ?? [], flags.env ?? []),
  ],
  labels: parseLabels([...labelsOfFiles(flags.labelFile ?? [], cli), ...(flags.label ?? [])]),
  ...given('annotations', flags.annotation && pairs('--annotation', flags.annotation)),
  ...given('workdir', flags.workdir),
  ...given('user', flags.user),
  attach: attachedStreams(flags),
  terminal: flags.tty ?? false,
  interactive: flags.interactive ?? false,
  autoRemove: flags.rm ?? false,
  init: flags.init ?? false,
  ...given('hostname', flags.hostname === undefined ? undefined : checkHostname(flags.hostname)),
  ...given('domainname', flags.domainname),
  ...life(flags),
})

/** RFC 1123, as far as the kernel and /etc/hosts care. */
const checkHostname = (name: string): string => {
  if (/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62})$/.test(name)) return name
  throw usage('run', `-h ${JSON.stringify(name)}: expected letters, digits, "." and "-", at most 63`)
}
