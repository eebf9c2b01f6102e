import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { NamespaceType, RuntimeLinux, RuntimeProcess, RuntimeSpec } from '../../foundation/oci/index.ts'
import { chooseCapabilities } from './capabilities.ts'
import { chooseCommand } from './command.ts'
import { cleanContainerPath } from './container-path.ts'
import { basicDeviceRules, everyDevice } from './devices.ts'
import { completeEnvironment, defaultPath, mergeEnvironment } from './environment.ts'
import { arrangeMounts } from './mounts.ts'
import type { OutsideNamespaces } from './outside-mounts.ts'
import { maskedPaths, readonlyPaths } from './protected-paths.ts'
import { chooseRlimits } from './rlimits.ts'
import { chooseSysctls } from './sysctls.ts'
import type { BundleOptions } from './types.ts'

/**
 * The runtime-spec config of a container, with docker's defaults for all that is not said. The seccomp filter is apart
 * (`compileSeccomp`; a privileged container has none). Throws `no-command`, `invalid-workdir`, `invalid-argument`, and
 * what the parts throw: capabilities, mounts, sysctls, rlimits.
 */
export const createSpec = (options: BundleOptions): RuntimeSpec =>
  assembleSpec(options, environmentOf(options))

/** With an environment that is settled already (`options.env` and the image's are not looked at). */
export const assembleSpec = (options: BundleOptions, env: readonly string[]): RuntimeSpec => {
  const privateUts = !options.share?.includes('uts') && options.join?.uts === undefined
  return {
    ociVersion: '1.2.0',
    process: processOf(options, env),
    root: { path: 'rootfs', ...(options.readonlyRoot ? { readonly: true } : {}) },
    ...(privateUts && options.hostname !== undefined ? { hostname: options.hostname } : {}),
    ...(privateUts && options.domainname !== undefined ? { domainname: options.domainname } : {}),
    mounts: arrangeMounts({
      ...(options.shmSize === undefined ? {} : { shmSize: options.shmSize }),
      ...(options.mounts === undefined ? {} : { mounts: options.mounts }),
      privileged: options.privileged === true,
      ...(options.joinShm === undefined ? {} : { joinedIpc: options.joinShm }),
      hostIpc: options.share?.includes('ipc') === true,
      writableCgroups: options.writableCgroups === true,
      ...(options.userNamespace ? { outside: outsideOf(options, options.userNamespace) } : {}),
    }),
    linux: linuxOf(options),
  }
}

const outsideOf = (
  { share = [], join = {} }: BundleOptions,
  { gids }: NonNullable<BundleOptions['userNamespace']>,
): OutsideNamespaces => ({
  pid: share.includes('pid') ? 'host' : join.pid,
  network: share.includes('network') ? 'host' : join.network,
  ipc: share.includes('ipc') ? 'host' : join.ipc,
  hasGroup: (gid) => gids.some(({ containerID, size }) => gid >= containerID && gid < containerID + size),
})

const processOf = (options: BundleOptions, env: readonly string[]): RuntimeProcess => {
  const { user, terminal } = options
  const capabilities = chooseCapabilities({
    add: options.capAdd ?? [],
    drop: options.capDrop ?? [],
    privileged: options.privileged === true,
    ...(options.host?.capabilities ? { available: options.host.capabilities } : {}),
  })
  const args = chooseCommand(options)
  for (const text of [...args, ...env])
    if (text.includes('\0'))
      throw new AppError(
        'invalid-argument',
        `start container: ${JSON.stringify(text)} holds a NUL character`,
        {
          exitCode: exitCode.engine,
        },
      )
  return {
    terminal: terminal !== undefined,
    ...(terminal ? { consoleSize: terminal } : {}),
    user: {
      uid: user.uid,
      gid: user.gid,
      additionalGids: user.additionalGids,
      ...(options.umask === undefined ? {} : { umask: options.umask }),
    },
    args,
    env,
    cwd: workdirOf(options),
    // Inheritable and ambient stay empty: a program with file capabilities must not gain by them (CVE-2022-24769).
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [],
      ambient: [],
    },
    rlimits: chooseRlimits(options.rlimits),
    noNewPrivileges: options.noNewPrivileges === true,
    ...(options.oomScoreAdj === undefined ? {} : { oomScoreAdj: options.oomScoreAdj }),
  }
}

const environmentOf = ({ config, user, env, hostname, terminal }: BundleOptions): readonly string[] => {
  const basic = [
    `PATH=${defaultPath}`,
    ...(hostname === undefined ? [] : [`HOSTNAME=${hostname}`]),
    ...(terminal ? ['TERM=xterm'] : []),
  ]
  return completeEnvironment(mergeEnvironment(basic, config.Env ?? [], env ?? []), [
    `HOME=${user.home || '/'}`,
  ])
}

/** The image's directory may be written without a leading slash; the user's may not, as under docker. */
const workdirOf = ({ config, workdir }: BundleOptions): string => {
  const cwd = cleanContainerPath(workdir ?? `/${config.WorkingDir ?? ''}`)
  if (cwd !== undefined) return cwd
  throw new AppError('invalid-workdir', `set working directory "${workdir}": expected an absolute path`, {
    exitCode: exitCode.engine,
    hint: `write /${workdir}`,
  })
}

const namespaceOf = (type: NamespaceType, path: string | undefined): RuntimeLinux['namespaces'][number] =>
  path === undefined ? { type } : { type, path }

const linuxOf = (options: BundleOptions): RuntimeLinux => {
  const { share = [], join = {}, privileged, host, cgroupsPath } = options
  const all = ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup'] as const
  const namespaces = all
    .filter((type) => type === 'mount' || !share.includes(type))
    .map((type) => {
      const path = type === 'mount' || type === 'cgroup' ? undefined : join[type]
      return namespaceOf(type, path)
    })
  const more = [
    ...(options.userNamespace ? [namespaceOf('user', options.userNamespace.path)] : []),
    ...(options.time ? [namespaceOf('time', options.time.path)] : []),
  ]
  const own: readonly NamespaceType[] = namespaces.filter((one) => !('path' in one)).map((one) => one.type)
  const devices = options.devices ?? []
  const open = privileged === true || options.unmasked === true
  const rules = privileged ? everyDevice : basicDeviceRules
  return {
    namespaces: [...namespaces, ...more],
    ...(options.userNamespace
      ? { uidMappings: options.userNamespace.uids, gidMappings: options.userNamespace.gids }
      : {}),
    ...(options.time?.offsets ? { timeOffsets: options.time.offsets } : {}),
    devices: [
      ...(privileged ? (host?.devices ?? []) : []),
      ...devices.map(({ access: _, ...device }) => device),
    ],
    ...(cgroupsPath === undefined ? {} : { cgroupsPath }),
    resources: {
      ...options.resources,
      devices: [
        ...rules,
        ...devices.map(({ type, major, minor, access = 'rwm' }) => ({
          allow: true,
          type: type === 'u' ? 'c' : type,
          major,
          minor,
          access,
        })),
        ...(options.deviceRules ?? []),
      ],
    },
    maskedPaths: open ? [] : maskedPaths(host?.cpuCount ?? 0),
    readonlyPaths: open ? [] : readonlyPaths,
    sysctl: chooseSysctls(options.sysctl ?? {}, own, options.userNamespace?.gids),
  }
}
