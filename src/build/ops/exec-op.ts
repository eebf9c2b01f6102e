import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import type { RootMount } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { createStepSpec } from '../../runtime/bundle/index.ts'
import type { ActiveSnapshot, Stack } from '../../store/snapshot/index.ts'
import type { ExecOp, Vertex } from '../graph/index.ts'
import type { KeyComponent, PreparedStep, StepContext } from '../solver/index.ts'
import { lookUpUser } from './image-users.ts'
import { createLastLines } from './last-lines.ts'
import { removeStubs } from './remove-stubs.ts'
import { StepFailed } from './step-failed.ts'
import type { ExecEnvironment, StepCgroup, StepNetwork, StepResult } from './types.ts'

/** The host name a RUN step sees, BuildKit's: the same on every machine, since a command may write it into a file. */
const hostname = 'buildkitsandbox'

export const prepareExec = (
  op: ExecOp,
  stack: Stack,
  step: { readonly vertex: Vertex; readonly context: StepContext; readonly environment: ExecEnvironment },
): PreparedStep<StepResult> => ({
  components: execKey(op, stack),
  execute: () => executeExec(op, stack, step),
})

/** Everything that the command can see and that a user means when they say "the same step". */
const execKey = (op: ExecOp, stack: Stack): readonly KeyComponent[] => [
  { name: 'op', value: 'exec' },
  { name: 'parent', value: stack.join(' ') },
  ...op.args.map((value, i) => ({ name: `arg ${i}`, value })),
  ...op.env.map((value, i) => ({ name: `env ${i}`, value })),
  { name: 'cwd', value: op.cwd },
  { name: 'user', value: op.user },
  { name: 'network', value: op.network },
]

const executeExec = async (
  op: ExecOp,
  stack: Stack,
  { vertex, context, environment }: { vertex: Vertex; context: StepContext; environment: ExecEnvironment },
): Promise<StepResult> => {
  const active = await environment.snapshots.prepare(stack, context.signal)
  try {
    await runCommand(op, { stack, active, vertex, context, environment })
    return { stack: [...stack, await active.commit()], created: environment.now() }
  } catch (error) {
    await active.discard()
    throw error
  }
}

interface Running {
  readonly stack: Stack
  readonly active: ActiveSnapshot
  readonly vertex: Vertex
  readonly context: StepContext
  readonly environment: ExecEnvironment
}

const runCommand = async (
  op: ExecOp,
  { stack, active, vertex, context, environment }: Running,
): Promise<void> => {
  const id = ownedName()
  const temp = join(environment.tempRoot, id)
  const output = createLastLines(20)
  const network = await environment.network(op.network, hostname)
  let cgroup: StepCgroup | undefined
  try {
    const spec = createStepSpec({
      args: op.args,
      env: [...op.env, ...op.proxyEnv],
      cwd: op.cwd,
      user: lookUpUser(environment.snapshots.union(stack), op.user),
      hostname,
      network: op.network,
      mounts: networkFiles(temp, network),
    })
    cgroup = environment.cgroup(id, spec.linux.resources)
    const request = {
      spec,
      root: active.root,
      network: network.setup,
      seccomp: environment.seccomp(),
      cgroups: cgroup.paths,
      ...(cgroup.deviceProgram ? { deviceProgram: cgroup.deviceProgram } : {}),
    }
    const stubs: string[] = []
    const status = await environment.run(request, {
      signal: context.signal,
      onStubs: (paths) => stubs.push(...paths),
      onOutput: (stream, chunk) => {
        output.add(chunk)
        context.events({ kind: 'vertex-log', id: vertex.id, stream, chunk })
      },
    })
    removeStubs(writableRoot(active.root), stubs)
    if (status.code !== 0)
      throw new StepFailed({ step: vertex.name, source: vertex.source, ...status, lastLines: output.lines() })
  } finally {
    cgroup?.remove()
    network.release()
    rmSync(temp, { recursive: true, force: true })
  }
}

/** Where what the step writes lies on the host. */
const writableRoot = (root: RootMount): HostPath => {
  const path = root.kind === 'bind' ? root.source : root.upper
  if (path === undefined) throw new InternalError('run a step: its root cannot be written to')
  return path
}

const readOnly = ['ro', 'nosuid', 'nodev', 'noexec']

/**
 * /etc/resolv.conf and /etc/hosts as files of this step, bound over those of the image so that they never enter the layer.
 * Read-only, as docker's: a step that changes them should fail, since the change would be lost without a word.
 */
const networkFiles = (temp: string, network: StepNetwork): readonly RuntimeMount[] => {
  const files = { 'resolv.conf': network.resolvConf, hosts: network.hosts }
  const mounts: RuntimeMount[] = []
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) continue
    mkdirSync(temp, { recursive: true, mode: 0o700 })
    const source = join(temp, name)
    writeFileSync(source, text, { mode: 0o644 })
    mounts.push({
      destination: `/etc/${name}`,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate', ...readOnly],
    })
  }
  return mounts
}
