// The other tools: installed and started by a script of their own, in a root of their own.
import { existsSync } from 'node:fs'
import { must } from './command.mjs'

const script = process.env.TSBUILD_PEERS ?? new URL('../../shared/lab/peers', import.meta.url).pathname

/**
 * The way into the peers' root, or why there is none: {absent} or {inside, prefix, versions, close}.
 * `directory` of this machine is seen there under the same name until `close`.
 */
export const findPeers = async (directory) => {
  if (!existsSync(script)) return { absent: 'there is no script that starts them (TSBUILD_PEERS names it)' }
  let status
  try {
    status = await must([script, 'status'])
  } catch {
    return { absent: 'they are not up' }
  }
  await must([script, 'prefix', directory])
  const prefix = (await must([script, 'prefix', '/'])).trim().split(' ')
  const inside = (argv) => [...prefix, ...argv]
  return {
    prefix,
    inside,
    versions: versionsIn(status),
    // There is no mount of its own where a directory above is shown already.
    close: () =>
      must(inside(['sh', '-c', 'mountpoint -q "$1" || exit 0; umount "$1" && rmdir "$1"', 'sh', directory])),
  }
}

/** Lines of the status that are a package and its version. */
const versionsIn = (status) => {
  const wanted = { 'docker.io': 'docker', 'docker-buildx': 'buildx', buildah: 'buildah', podman: 'podman' }
  const names = { ...wanted, crun: 'crun', runc: 'runc', containerd: 'containerd', skopeo: 'skopeo' }
  const pairs = status.split('\n').map((line) => line.trim().split(/\s+/))
  return Object.fromEntries(
    pairs.flatMap(([name, version]) =>
      names[name] && version ? [[names[name], version.split('+')[0]]] : [],
    ),
  )
}
