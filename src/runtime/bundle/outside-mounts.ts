import type { RuntimeMount } from '../../foundation/oci/index.ts'

/** Of a container with a user namespace: what it shares with the host, or has from another container (`/proc/PID/ns/net`). */
export interface OutsideNamespaces {
  readonly pid: string | undefined
  readonly network: string | undefined
  readonly ipc: string | undefined
  readonly hasGroup: (gid: number) => boolean
}

/**
 * The kernel mounts /proc, /sys and /dev/mqueue only for who owns the namespaces that they show. Of others, the mount of the host or
 * of the other container is shown.
 */
export const outsideMounts = (
  mounts: readonly RuntimeMount[],
  { pid, network, ipc, hasGroup }: OutsideNamespaces,
): readonly RuntimeMount[] => {
  const owners: Readonly<Record<string, string | undefined>> = { proc: pid, sysfs: network, mqueue: ipc }
  // Where the host has no /dev/mqueue there is nothing to show; queues work without.
  const kept = mounts.filter(({ type }) => type !== 'mqueue' || ipc !== 'host')
  return kept.map((mount) => {
    if (mount.type === 'devpts' && !hasGroup(5))
      return { ...mount, options: mount.options.filter((word) => word !== 'gid=5') }
    const owner = Object.hasOwn(owners, mount.type) ? owners[mount.type] : undefined
    if (owner === undefined) return mount
    const options = ['bind', ...mount.options]
    if (owner === 'host') return { ...mount, type: 'bind', source: mount.destination, options }
    // The helper's own type: what is mounted at the same place in that mount namespace.
    return { ...mount, type: 'namespace', source: owner.replace(/[^/]+$/, 'mnt'), options }
  })
}
