import type { FileTree } from '../../foundation/filetree/index.ts'
import type { ContainerRequest, MemoryFile, RootMount } from '../../foundation/native/index.ts'
import type { RuntimeMount, RuntimeResources } from '../../foundation/oci/index.ts'
import { createStepSpec } from '../../runtime/bundle/index.ts'
import type { ExecOp } from '../graph/index.ts'
import { lookUpUser } from './image-users.ts'
import { stepDevices } from './step-devices.ts'
import type { StepMounts } from './step-mounts.ts'
import type { ExecEnvironment, StepNetwork } from './types.ts'

export interface StepParts {
  readonly network: StepNetwork
  readonly mounts: StepMounts
  readonly root: RootMount
  /** Merged view of the root. */
  readonly tree: FileTree
  readonly environment: ExecEnvironment
}

/** What the helper is asked to run, but for its cgroups. Throws what devices, users and the spec throw. */
export const stepRequest = async (
  op: ExecOp & { readonly hostname: string },
  { network, mounts, root, tree, environment }: StepParts,
): Promise<{
  readonly request: Omit<ContainerRequest, 'cgroups'>
  readonly resources: RuntimeResources
}> => {
  const privileged = op.security === 'insecure'
  const devices = await stepDevices(op.devices, environment.deviceSpecs)
  const files = networkFiles(network)
  const taken = new Set(mounts.mounts.map(({ destination }) => destination))
  const spec = createStepSpec({
    args: op.args,
    env: [...mounts.defaultEnv, ...op.env, ...op.proxyEnv, ...mounts.env, ...devices.env],
    cwd: op.cwd,
    user: lookUpUser(tree, op.user),
    hostname: op.hostname,
    network: op.network,
    // What the step mounts itself has precedence, as under docker.
    mounts: [
      ...[...files.mounts, ...devices.mounts].filter((m) => !taken.has(m.destination)),
      ...mounts.mounts,
    ],
    devices: devices.devices,
    privileged,
    host: environment.host(privileged),
    ...(op.shmSize === undefined ? {} : { shmSize: op.shmSize }),
    rlimits: [
      ...(mounts.secretValues.length > 0 ? [noCore] : []),
      ...(op.ulimits ?? []).map(({ name, soft, hard }) => ({ type: name, soft, hard })),
    ],
  })
  const trees = [...[...files.trees].filter(([place]) => !taken.has(place)), ...mounts.trees]
  return {
    request: {
      spec,
      root,
      network: network.setup,
      ...(privileged ? {} : { seccomp: environment.seccomp() }),
      ...(trees.length > 0 ? { trees: new Map(trees) } : {}),
    },
    resources: spec.linux.resources,
  }
}

/** A program that knows a secret and crashes would write it into the layer. Whoever wants that says --ulimit core. */
const noCore = { type: 'core', soft: 0, hard: 0 }

const readOnly = ['ro', 'nosuid', 'nodev', 'noexec']

/**
 * /etc/resolv.conf and /etc/hosts as files of this step, bound over those of the image so that they never enter the layer.
 * Read-only: a step that changes them should fail, since the change would be lost without a word.
 */
const networkFiles = (
  network: StepNetwork,
): { readonly mounts: readonly RuntimeMount[]; readonly trees: NonNullable<ContainerRequest['trees']> } => {
  const texts = { 'resolv.conf': network.resolvConf, hosts: network.hosts }
  const files: MemoryFile[] = Object.entries(texts).flatMap(([name, text]) =>
    text === undefined ? [] : [{ name, bytes: Buffer.from(text), mode: 0o644, uid: 0, gid: 0 }],
  )
  const tree = { kind: 'memory', files } as const
  return {
    mounts: files.map(({ name }) => ({
      destination: `/etc/${name}`,
      type: 'bind',
      source: `/${name}`,
      options: ['bind', 'rprivate', ...readOnly],
    })),
    trees: new Map(files.map(({ name }) => [`/etc/${name}`, tree])),
  }
}
