import type { RuntimeDevice, RuntimeLinux, RuntimeMount, RuntimeSpec } from '../oci/index.ts'
import { lowerMountOptions } from './mount-options.ts'
import type { OpWriter } from './op-writer.ts'
import type { NetworkSetup } from './types.ts'

/** Everything of the spec but its process. `treeOf` gives the number of the tree that a mount's source is in. */
export const encodeSpec = (
  ops: OpWriter,
  spec: RuntimeSpec,
  request: { readonly network: NetworkSetup; readonly treeOf: (destination: string) => number | undefined },
): void => {
  const { linux } = spec
  encodeNamespaces(ops, linux, request.network)
  if (spec.hostname !== undefined) ops.add('hostname', spec.hostname)
  if (spec.domainname !== undefined) ops.add('domainname', spec.domainname)
  for (const mount of spec.mounts) {
    encodeMount(ops, mount)
    const tree = request.treeOf(mount.destination)
    if (tree !== undefined) ops.add('mount-tree', tree)
  }
  for (const device of linux.devices) encodeDevice(ops, device)
  for (const [key, value] of Object.entries(linux.sysctl ?? {})) ops.add('sysctl', sysctlPath(key), value)
  for (const path of linux.maskedPaths) ops.add('masked', path)
  for (const path of linux.readonlyPaths) ops.add('readonly', path)
  if (spec.root.readonly) ops.add('root-readonly')
}

const encodeNamespaces = (ops: OpWriter, linux: RuntimeLinux, network: NetworkSetup): void => {
  for (const { type, path } of linux.namespaces) {
    // The network is described apart: `host` means none of its own, whatever the spec says.
    if (type !== 'network') ops.add('namespace', type, ...(path === undefined ? [] : [path]))
  }
  if (network.kind === 'none' || network.kind === 'bridge') ops.add('namespace', 'network')
  for (const map of linux.uidMappings ?? []) ops.add('uid-map', map.containerID, map.hostID, map.size)
  for (const map of linux.gidMappings ?? []) ops.add('gid-map', map.containerID, map.hostID, map.size)
  for (const [clock, offset] of Object.entries(linux.timeOffsets ?? {}))
    ops.add('time-offset', clock, offset.secs, offset.nanosecs)
}

const encodeMount = (ops: OpWriter, mount: RuntimeMount): void => {
  const lowered = lowerMountOptions(mount.type, mount.options)
  ops.add(
    'mount',
    mount.destination,
    mount.type,
    mount.source,
    lowered.attrSet,
    lowered.attrClear,
    lowered.flags,
    lowered.propagation,
    ...lowered.options,
  )
}

const encodeDevice = (ops: OpWriter, device: RuntimeDevice): void =>
  ops.add(
    'device',
    device.path,
    device.type,
    device.major,
    device.minor,
    device.fileMode ?? 0o666,
    device.uid ?? 0,
    device.gid ?? 0,
  )

/** As sysctl(8): dots separate, unless the first separator is a slash already (interface names hold dots). */
const sysctlPath = (key: string): string => {
  const dot = key.indexOf('.')
  const slash = key.indexOf('/')
  if (slash >= 0 && (dot < 0 || slash < dot)) return key
  return key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}
