import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { NativeError, type RootMount, runContainer } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeSpec } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { storePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'

/**
 * Can an overlay be mounted with its upperdir in this store? Found out by doing it: the helper mounts one over empty
 * directories, where there is no program to run. Other errors than the mount's are thrown.
 */
export const probeOverlay = async (root: HostPath): Promise<boolean> => {
  const paths = storePaths(root)
  const directory = join(paths.active, ownedName())
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(directory, name))
  if (lower === undefined || upper === undefined || work === undefined) return false
  for (const path of [lower, upper, work]) mkdirSync(path, { recursive: true, mode: 0o700 })
  try {
    return await canMount({ kind: 'overlay', lower: [lower], upper, work })
  } finally {
    moveToTrash(paths, directory)
  }
}

/** Found out by doing it, in a container where there is no program to run. */
export const canMount = async (root: RootMount): Promise<boolean> => {
  try {
    await runContainer(
      { spec: nothing, root, network: { kind: 'host' }, cgroups: [] },
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    )
    return true
  } catch (error) {
    if (error instanceof NativeError && (error.step === 'root' || error.step === 'image')) return false
    throw error
  }
}

/** A container in which nothing can be run. */
const nothing: RuntimeSpec = {
  ociVersion: '1.2.0',
  process: {
    terminal: false,
    user: { uid: 0, gid: 0, additionalGids: [] },
    args: ['/nothing'],
    env: [],
    cwd: '/',
    capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
    rlimits: [],
    noNewPrivileges: true,
  },
  root: { path: 'rootfs' },
  mounts: [],
  linux: {
    namespaces: [{ type: 'mount' }],
    devices: [],
    resources: { devices: [] },
    maskedPaths: [],
    readonlyPaths: [],
  },
}
