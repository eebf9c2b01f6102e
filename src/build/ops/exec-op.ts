import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import type { FileTree } from '../../foundation/filetree/index.ts'
import type { RootMount, StepStatus } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { type ActiveSnapshot, orUnpacked, type Stack, type TreesSeen } from '../../store/snapshot/index.ts'
import type { ExecOp, InputIndex, Vertex } from '../graph/index.ts'
import type { PreparedStep, StepContext } from '../solver/index.ts'
import { checkEntitlements } from './check-entitlements.ts'
import { execKey, seenMounts } from './exec-key.ts'
import { createLastLines } from './last-lines.ts'
import { createSecretMask } from './mask-secrets.ts'
import { type MountSources, mountSources } from './mount-source.ts'
import { removeStubs } from './remove-stubs.ts'
import { StepFailed } from './step-failed.ts'
import { prepareStepMounts, type StepMounts } from './step-mounts.ts'
import { stepRequest } from './step-request.ts'
import type { ExecEnvironment, StepCgroup, StepPlace, StepResult } from './types.ts'

/** The host name a RUN step sees, BuildKit's: the same on every machine, since a command may write it into a file. */
const defaultHostname = 'buildkitsandbox'

export interface ExecStep {
  readonly vertex: Vertex
  readonly context: StepContext
  readonly environment: ExecEnvironment
  /** Of the build: its lease holds them. */
  readonly trees: TreesSeen
}

/** RUN. The key knows the content of what is mounted; nothing is unpacked, fetched or read of secrets for it. */
export const prepareExec = (
  op: ExecOp,
  stackAt: (input: InputIndex) => Stack,
  step: ExecStep,
): PreparedStep<StepResult> => {
  checkEntitlements(op, step.environment.entitlements, step.vertex.name)
  const sources = mountSources(step.environment.snapshots, stackAt)
  const root = stackAt(op.root)
  const hostname = op.hostname ?? defaultHostname
  return {
    components: execKey(op, { root, hostname, contentOf: sources.digestOf }),
    execute: () =>
      orUnpacked(step.environment.snapshots, () =>
        executeExec({ ...op, hostname }, { root, sources, ...step }),
      ),
  }
}

interface Execution extends ExecStep {
  readonly root: Stack
  readonly sources: MountSources
}

type NamedOp = ExecOp & { readonly hostname: string }

const executeExec = async (op: NamedOp, execution: Execution): Promise<StepResult> => {
  const { root, sources, context, environment } = execution
  const id = ownedName()
  const temp = join(environment.tempRoot, id)
  const seen = seenMounts(op.mounts)
  const tree = environment.snapshots.union(root)
  await using _temp = atEnd(() => rmSync(temp, { recursive: true, force: true }))
  // First: a locked cache may be a long wait.
  const mounts = await prepareStepMounts({
    mounts: seen,
    tree,
    sources,
    environment,
    temp,
    signal: context.signal,
  })
  await using _mounts = atEnd(() => mounts.release())
  // What starts there comes up while the layers are made ready.
  const place = await environment.place(op.network, {
    hostname: op.hostname,
    extraHosts: op.extraHosts ?? [],
    alone: op.security === 'insecure' || (op.devices ?? []).length > 0,
  })
  await using _place = atEnd(() => place.release())
  const active = await environment.snapshots.prepare(root, context.signal, execution.trees)
  let isKept = false
  await using _active = atEnd(() => (isKept ? undefined : active.discard()))
  const { scan, index } = await runCommand(op, { ...execution, id, tree, mounts, place, active })
  const { isNamed, isSynced } = environment.useOf(execution.vertex.id)
  const layers = await active.commit({ scan, index, isNamed, isSynced })
  isKept = true
  return { stack: [...root, layers], created: environment.now() }
}

/** Unlike `finally`, it does not hide what has failed before when it fails too. */
const atEnd = (end: () => unknown): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    await end()
  },
})

interface Running extends Execution {
  readonly id: string
  /** Merged view of the root. */
  readonly tree: FileTree
  readonly mounts: StepMounts
  readonly place: StepPlace
  readonly active: ActiveSnapshot
}

const runCommand = async (op: NamedOp, running: Running): Promise<StepStatus> => {
  const { vertex, environment, active, mounts, place, id } = running
  let cgroup: StepCgroup | undefined
  try {
    const { request, resources } = await stepRequest(op, {
      network: place.network,
      mounts,
      root: mounts.rootFor(active.root),
      tree: running.tree,
      environment,
    })
    cgroup = place.cgroup(id, resources)
    const output = createLastLines(20)
    const status = await runShown(
      { ...request, cgroups: cgroup.paths, ...deviceProgramOf(cgroup) },
      running,
      output,
    )
    if (status.code === 0) return status
    const { memoryLimit } = cgroup
    throw new StepFailed({
      step: vertex.name,
      source: vertex.source,
      ...status,
      ...(memoryLimit === undefined ? {} : { memoryLimit }),
      lastLines: output.lines(),
    })
  } finally {
    cgroup?.remove()
  }
}

const deviceProgramOf = ({ deviceProgram }: StepCgroup): { readonly deviceProgram?: Uint8Array } =>
  deviceProgram ? { deviceProgram } : {}

/** Runs it; what it prints goes to the events and to `output`, without the secrets that it was given. */
const runShown = async (
  request: Parameters<StepPlace['run']>[0],
  { vertex, context, place, active, mounts }: Running,
  output: ReturnType<typeof createLastLines>,
): Promise<StepStatus> => {
  const mask = createSecretMask(mounts.secretValues)
  const show = (stream: 'stdout' | 'stderr', chunk: Uint8Array): void => {
    if (chunk.length === 0) return
    output.add(chunk)
    context.events({ kind: 'vertex-log', id: vertex.id, stream, chunk })
  }
  const stubs: string[] = []
  const status = await place.run(request, {
    signal: context.signal,
    onStubs: (paths) => stubs.push(...paths),
    onOutput: (stream, chunk) => show(stream, mask.push(stream, chunk)),
  })
  for (const stream of ['stdout', 'stderr'] as const) show(stream, mask.finish(stream))
  removeStubs(writableRoot(active.root), stubs)
  return status
}

/** Where what the step writes lies on the host. */
const writableRoot = (root: RootMount): HostPath => {
  const path = root.kind === 'bind' ? root.source : root.upper
  if (path === undefined) throw new InternalError('run a step: its root cannot be written to')
  return path
}
