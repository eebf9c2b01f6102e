import { join } from 'node:path'
import { cleanInRoot, type FileTree } from '../../foundation/filetree/index.ts'
import type { MountTree, RootMount } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { resolveInTree } from '../context/index.ts'
import type {
  BindMount,
  CacheMount,
  ExecMount,
  FileMount,
  SecretMount,
  SshMount,
  TmpfsMount,
} from '../graph/index.ts'
import { openAgentProxy } from './agent-proxy.ts'
import type { StepCaches } from './cache-mounts.ts'
import type { MountPoint } from './mount-points.ts'
import type { MountSources } from './mount-source.ts'
import { agentOf } from './ssh-mounts.ts'
import type { ExecEnvironment } from './types.ts'

/** One mount, ready for the spec. */
export interface Ready {
  /** Resolved in the step's root. */
  readonly destination: string
  readonly type: string
  /** Absolute path in the tree, or on the host. */
  readonly source: string
  readonly options: readonly string[]
  readonly tree?: MountTree
  readonly leaf: MountPoint['type']
  /** What a mount below this one would be made in. */
  readonly inside?: { readonly tree: FileTree; readonly path: string }
}

/** What mounts are made of. `releases` gets what ends them. */
export interface Making {
  readonly tree: FileTree
  readonly sources: MountSources
  readonly environment: ExecEnvironment
  readonly temp: HostPath
  readonly signal: AbortSignal
  readonly memory: { readonly tree: MountTree; readonly nameOf: ReadonlyMap<ExecMount, string> }
  readonly caches: StepCaches
  readonly releases: (() => void | Promise<void>)[]
}

/** Undefined for what is not there and need not be: a secret or an agent that was not given. */
export const makeReady = (mount: ExecMount, index: number, making: Making): Promise<Ready | undefined> => {
  switch (mount.kind) {
    case 'bind':
      return bindReady(mount, making)
    case 'cache':
      return Promise.resolve(cacheReady(mount, making))
    case 'tmpfs':
      return Promise.resolve(tmpfsReady(mount, making))
    case 'secret':
    case 'file':
      return Promise.resolve(fileReady(mount, making))
    case 'ssh':
      return sshReady(mount, index, making)
  }
}

const bindReady = async (
  mount: BindMount,
  { tree: root, sources, environment, signal, releases }: Making,
): Promise<Ready | undefined> => {
  const source = sources.of(mount)
  if (!source) return undefined
  const { stack, entry, tree } = source
  let shown: RootMount
  if (mount.readonly) shown = await environment.snapshots.view(stack, signal)
  else {
    const active = await environment.snapshots.prepare(stack, signal)
    releases.push(() => active.discard())
    shown = active.root
  }
  return {
    destination: placeOf(root, mount.target),
    type: 'bind',
    source: `/${entry.path}`,
    options: ['bind', 'rprivate', ...(mount.readonly ? ['ro'] : [])],
    tree: shown,
    leaf: entry.type === 'directory' ? 'directory' : 'file',
    inside: { tree, path: entry.path },
  }
}

const cacheReady = (mount: CacheMount, { tree, sources, caches }: Making): Ready => ({
  destination: placeOf(tree, mount.target),
  type: 'bind',
  source: '/data',
  options: ['bind', 'rprivate', ...(mount.readonly ? ['ro'] : [])],
  tree: { kind: 'bind', source: caches.directoryOf(mount), readonly: false },
  leaf: (sources.of(mount)?.entry.type ?? 'directory') === 'directory' ? 'directory' : 'file',
})

const tmpfsReady = (mount: TmpfsMount, { tree }: Making): Ready => {
  const destination = placeOf(tree, mount.target)
  // It has the mode of a directory that it covers. Where there is none, the mount point that is made for it is no model.
  const covers = tree.lookup(destination.slice(1)) !== undefined
  return {
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: [
      'nosuid',
      ...(covers ? [] : ['mode=1777']),
      ...(mount.readonly ? ['ro'] : []),
      ...(mount.size === undefined || mount.size <= 0 ? [] : [`size=${mount.size}`]),
    ],
    leaf: 'directory',
  }
}

/** Secrets cannot be executed; scripts of the Dockerfile are there for it. */
const fileReady = (mount: SecretMount | FileMount, { tree, memory }: Making): Ready | undefined => {
  const name = memory.nameOf.get(mount)
  if (name === undefined || mount.target === undefined) return undefined
  return {
    destination: placeOf(tree, mount.target),
    type: 'bind',
    source: `/${name}`,
    options: ['bind', 'rprivate', 'ro', 'nosuid', 'nodev', ...(mount.kind === 'secret' ? ['noexec'] : [])],
    tree: memory.tree,
    leaf: 'file',
  }
}

const sshReady = async (mount: SshMount, index: number, making: Making): Promise<Ready | undefined> => {
  const { tree, environment, temp, signal, releases } = making
  const agent = await agentOf(mount, environment, signal)
  if (!agent) return undefined
  const proxy = await openAgentProxy(agent.socket, join(temp, `ssh-${index}`), mount)
  releases.push(proxy.close)
  return {
    destination: placeOf(tree, mount.target),
    type: 'bind',
    source: proxy.path,
    options: ['bind', 'rprivate', 'nosuid', 'nodev', 'noexec'],
    leaf: 'file',
  }
}

/** Where a target lies when symlinks of the root are followed; a loop is for the mount itself to complain of. */
const placeOf = (tree: FileTree, target: string): string =>
  `/${resolveInTree((path) => tree.lookup(path), target, { follow: true, create: true }) ?? cleanInRoot(target)}`
