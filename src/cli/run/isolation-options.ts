import { isAbsolute } from 'node:path'
import type { ContainerWish, CreateOptions, DeviceWish, NamespaceModes } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import { given } from './given.ts'
import type { IsolationFlags } from './isolation-flags.ts'
import { pairs, parseBytes } from './parse-values.ts'
import { usage } from './parse-verb.ts'
import { securityOption } from './security-options.ts'
import { timeOffsets } from './time-options.ts'
import { userNamespaceWish } from './userns-options.ts'

type Isolation = CreateOptions & Pick<ContainerWish, 'userNamespace'>

/** What a container may see and do. Throws `usage`, `bad-seccomp-profile`. */
export const isolation = (flags: IsolationFlags, cli: CliContext): Isolation => {
  refuseUnsupported(flags)
  const shmSize = flags.shmSize === undefined ? 0 : parseBytes('--shm-size', flags.shmSize)
  const base: Isolation = {
    readonlyRoot: flags.readOnly ?? false,
    privileged: flags.privileged ?? false,
    capAdd: flags.capAdd ?? [],
    capDrop: flags.capDrop ?? [],
    // Docker's: 0 is the default.
    ...(shmSize === 0 ? {} : { shmSize }),
    namespaces: namespacesOf(flags),
    ...given('userNamespace', userNamespaceWish(flags, cli.env['TSBUILD_USERNS_IDS'] || undefined)),
    ...given('timeOffsets', offsetsOf(flags)),
    devices: (flags.device ?? []).map(parseDevice),
    deviceRules: (flags.deviceCgroupRule ?? []).map(parseDeviceRule),
    sysctl: pairs('--sysctl', flags.sysctl ?? []),
    groupAdd: flags.groupAdd ?? [],
  }
  return Object.assign(base, ...(flags.securityOpt ?? []).map((text) => securityOption(text, cli)))
}

const refuseUnsupported = ({ gpus, runtime }: IsolationFlags): void => {
  if (gpus !== undefined) throw usage('run', '--gpus: not supported', 'name the devices with --device')
  if (runtime !== undefined && runtime !== 'tsrunc')
    throw usage('run', `--runtime ${runtime}: containers run under tsbuild's own runtime`, 'leave it out')
}

/** Clocks can be set in a time namespace of one's own only. */
const offsetsOf = ({ time, timeOffset }: IsolationFlags): CreateOptions['timeOffsets'] => {
  if (timeOffset === undefined) return undefined
  if (time === undefined || time === 'private') return timeOffsets(timeOffset)
  throw usage('run', `--time-offset: with --time ${time} the clocks are not its own`, 'leave one of them out')
}

const namespacesOf = ({ pid, ipc, uts, cgroupns, time, timeOffset }: IsolationFlags): NamespaceModes => ({
  ...mode('time', time ?? (timeOffset === undefined ? undefined : 'private'), ['private', 'host']),
  ...mode('pid', pid, ['private', 'host']),
  ...mode('ipc', ipc, ['private', 'host', 'shareable', 'none']),
  ...mode('uts', uts, ['private', 'host'], false),
  ...mode('cgroup', cgroupns, ['private', 'host'], false),
})

const mode = (
  key: keyof NamespaceModes,
  text: string | undefined,
  words: readonly string[],
  containers = true,
): NamespaceModes => {
  if (text === undefined || text === '') return {}
  const ofContainer = containers && /^container:./.test(text)
  if (ofContainer || words.includes(text)) return { [key]: text }
  const flag = key === 'cgroup' ? 'cgroupns' : key
  const forms = [...words, ...(containers ? ['container:NAME'] : [])].join(', ')
  throw usage('run', `--${flag} ${JSON.stringify(text)}: expected ${forms}`)
}

/** --device `PATH[:INSIDE][:rwm]`; a second word of those letters only is no path. */
const parseDevice = (text: string): DeviceWish => {
  const [source = '', second, third, ...more] = text.split(':')
  const access = third ?? (second !== undefined && /^[rwm]+$/.test(second) ? second : 'rwm')
  const destination = second === undefined || (third === undefined && second === access) ? source : second
  const good = isAbsolute(source) && isAbsolute(destination) && /^[rwm]{1,3}$/.test(access)
  if (good && more.length === 0) return { source, destination, access }
  const hint = source.includes('=') ? 'names of CDI devices are for RUN --device only' : undefined
  throw usage('run', `--device ${JSON.stringify(text)}: expected /dev/PATH[:/dev/INSIDE][:rwm]`, hint)
}

/** `c 42:* rmw`, as the kernel's documentation of cgroup v1 writes rules. */
const parseDeviceRule = (text: string): NonNullable<CreateOptions['deviceRules']>[number] => {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text)
  if (!match)
    throw usage('run', `--device-cgroup-rule ${JSON.stringify(text)}: expected a rule such as "c 42:* rmw"`)
  const [, type = 'a', major = '*', minor = '*', access = 'rwm'] = match
  return {
    allow: true,
    type,
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access,
  }
}
