import { join } from 'node:path'
import { AppError } from '../../foundation/errors/index.ts'
import { cleanInRoot, type FileTree, joinInRoot } from '../../foundation/filetree/index.ts'
import type { MemoryFile, MountTree, RootMount } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import type { ExecMount } from '../graph/index.ts'
import { acquireCaches } from './cache-mounts.ts'
import { withMountPoints } from './mount-points.ts'
import type { MountSources } from './mount-source.ts'
import { type Making, makeReady, type Ready } from './ready-mounts.ts'
import { readSecrets, type StepSecret, secretVariables } from './secret-mounts.ts'
import type { ExecEnvironment } from './types.ts'

export interface StepMounts {
  /** For the spec, without two at one destination. */
  readonly mounts: readonly RuntimeMount[]
  readonly trees: ReadonlyMap<string, MountTree>
  /** `NAME=value` of secrets. */
  readonly env: readonly string[]
  /** SSH_AUTH_SOCK, for a stage that does not set it. */
  readonly defaultEnv: readonly string[]
  /** What must not be shown. */
  readonly secretValues: readonly Uint8Array[]
  /** The step's root with the mount points that it lacks. */
  rootFor(root: RootMount): RootMount
  release(): Promise<void>
}

export interface StepMountsRequest {
  /** No two at one target. */
  readonly mounts: readonly ExecMount[]
  /** Merged view of the step's root. */
  readonly tree: FileTree
  readonly sources: MountSources
  readonly environment: ExecEnvironment
  /** A directory of this step, made when it is needed. */
  readonly temp: HostPath
  readonly signal: AbortSignal
}

/**
 * Makes everything ready that the mounts of a RUN step need: snapshots, caches, secrets, agents. Waits for locked caches. Throws
 * `missing-mount-source`, `missing-secret`, `missing-ssh`, and what the parts throw; then nothing is left.
 */
export const prepareStepMounts = async (request: StepMountsRequest): Promise<StepMounts> => {
  const releases: (() => void | Promise<void>)[] = []
  const release = async (): Promise<void> => {
    for (const one of releases.splice(0).reverse()) await one()
  }
  try {
    return await prepare(request, releases, release)
  } catch (error) {
    await release()
    throw error
  }
}

const prepare = async (
  request: StepMountsRequest,
  releases: (() => void | Promise<void>)[],
  release: () => Promise<void>,
): Promise<StepMounts> => {
  const { mounts, environment, sources, signal } = request
  const secretMounts = mounts.filter((mount) => mount.kind === 'secret')
  const secrets = readSecrets(secretMounts, environment.secrets)
  const memory = memoryFiles(mounts, secrets)
  const caches = await acquireCaches(
    mounts.filter((mount) => mount.kind === 'cache'),
    { caches: environment.cacheMounts, sources, signal },
  )
  releases.push(caches.release)
  const ready = new Map<string, Ready>()
  for (const [index, mount] of mounts.entries()) {
    const made = await makeReady(mount, index, { ...request, memory, caches, releases })
    // Two targets may turn out to be one place, by a symlink: the last is seen.
    if (made) ready.set(made.destination, made)
  }
  const all = [...ready.values()]
  for (const one of all) if (coverOf(one, all) === undefined) checkKind(one, request.tree)
  return {
    mounts: all.map(({ destination, type, source, options }) => ({ destination, type, source, options })),
    trees: new Map(
      all.flatMap((one) =>
        one.tree ? [[one.destination, withPointsBelow(one, one.tree, all, request)]] : [],
      ),
    ),
    env: secretVariables(secretMounts, secrets),
    defaultEnv: agentVariable(mounts),
    secretValues: secrets.map(({ value }) => value),
    rootFor: (root) =>
      withMountPoints(root, request.tree, {
        points: all
          .filter((one) => coverOf(one, all) === undefined)
          .map((one) => ({ path: cleanInRoot(one.destination), type: one.leaf })),
        directory: join(request.temp, 'points'),
        now: environment.now(),
      }),
    release,
  }
}

/** Files that are in no file system of the host: secrets, and scripts of the Dockerfile. */
const memoryFiles = (mounts: readonly ExecMount[], secrets: readonly StepSecret[]): Making['memory'] => {
  const files: MemoryFile[] = []
  const nameOf = new Map<ExecMount, string>()
  const add = (mount: ExecMount, file: Omit<MemoryFile, 'name'>): void => {
    nameOf.set(mount, `${files.length}`)
    files.push({ name: `${files.length}`, ...file })
  }
  for (const { mount, value } of secrets) {
    const { uid, gid, mode } = mount
    if (mount.target !== undefined) add(mount, { bytes: value, uid, gid, mode })
  }
  for (const mount of mounts)
    if (mount.kind === 'file')
      add(mount, { bytes: Buffer.from(mount.text), uid: 0, gid: 0, mode: mount.mode })
  return { tree: { kind: 'memory', files }, nameOf }
}

/** As docker: also when the caller gave no agent, and of several the first. */
const agentVariable = (mounts: readonly ExecMount[]): readonly string[] => {
  const first = mounts.find((mount) => mount.kind === 'ssh')
  return first?.target === undefined ? [] : [`SSH_AUTH_SOCK=${first.target}`]
}

/** A directory can only be mounted over a directory, a file only over something else. Throws `mount-kind`. */
const checkKind = ({ destination, leaf }: Ready, tree: FileTree): void => {
  const found = tree.lookup(cleanInRoot(destination))
  if (!found || (found.type === 'directory') === (leaf === 'directory')) return
  const kind = found.type === 'directory' ? 'a directory' : 'a file'
  throw new AppError('mount-kind', `mount a ${leaf} at ${destination}: the image has ${kind} there`, {
    hint: 'choose another target',
  })
}

/** The innermost mount that this one is below of. */
const coverOf = (one: Ready, all: readonly Ready[]): Ready | undefined =>
  all
    .filter((other) => one.destination.startsWith(`${other.destination}/`))
    .sort((a, b) => b.destination.length - a.destination.length)[0]

/** Mounts below a bind mount need their mount points in what it shows, which may be read-only. */
const withPointsBelow = (
  one: Ready,
  tree: MountTree,
  all: readonly Ready[],
  { temp, environment }: StepMountsRequest,
): MountTree => {
  const { inside } = one
  if (!inside || tree.kind === 'memory') return tree
  const points = all
    .filter((other) => coverOf(other, all) === one)
    .map((other) => ({
      path: joinInRoot(inside.path, other.destination.slice(one.destination.length + 1)),
      type: other.leaf,
    }))
  if (points.length === 0) return tree
  return withMountPoints(tree, inside.tree, {
    points,
    directory: join(temp, `points-${all.indexOf(one)}`),
    now: environment.now(),
  })
}
