import { dirname, join } from 'node:path'
import type { RuntimeProcess } from '../oci/index.ts'
import { capabilityMask } from './capabilities.ts'
import { encodeLife } from './encode-life.ts'
import { encodeSpec } from './encode-spec.ts'
import type { LowestLayers } from './lowest-layers.ts'
import { interfaceWords } from './network.ts'
import { createOpWriter, type OpWriter, requestHead } from './op-writer.ts'
import { rlimitNumber, rlimitValue } from './rlimits.ts'
import type { ContainerRequest, JoinRequest, MountTree, NetworkSetup, RootMount } from './types.ts'

/** Bytes for the helper's control descriptor (native/request.h). Throws `bad-request`, `unknown-capability`, `unknown-rlimit`. */
export const encodeRequest = (request: ContainerRequest, lowest?: LowestLayers): Uint8Array => {
  const ops = createOpWriter()
  for (const path of request.cgroups) ops.add('cgroup', path)
  if (request.deviceProgram) ops.add('device-program', request.deviceProgram)
  encodeRoot(ops, request.root, lowest)
  if (request.root.kind === 'bind' && request.root.readonly) ops.add('root-readonly')
  const trees = encodeTrees(ops, request.trees)
  encodeSpec(ops, request.spec, { network: request.network, treeOf: (path) => trees.get(path) })
  encodeNetwork(ops, request.network)
  encodeProcess(ops, request.spec.process)
  if (request.seccomp) ops.add('seccomp', request.seccomp)
  if (request.translateRoot) ops.add('translate-root')
  if (request.init) ops.add('init')
  if (request.hold) ops.add('hold')
  if (request.life) encodeLife(ops, request.life)
  return ops.finish()
}

/** The same for a process that joins a running container. */
export const encodeJoinRequest = (request: JoinRequest): Uint8Array => {
  const ops = createOpWriter()
  ops.add('join', request.pid, ...(request.startTime === undefined ? [] : [request.startTime]))
  for (const path of request.cgroups ?? []) ops.add('cgroup', path)
  encodeProcess(ops, request.process)
  if (request.seccomp) ops.add('seccomp', request.seccomp)
  if (request.life) encodeLife(ops, request.life)
  return ops.finish()
}

/** Gives the number of the tree of each destination. */
const encodeTrees = (ops: OpWriter, trees: ContainerRequest['trees']): ReadonlyMap<string, number> => {
  const numbers = new Map<MountTree, number>()
  for (const tree of new Set(trees?.values())) {
    numbers.set(tree, numbers.size + 1)
    ops.add('tree')
    if (tree.kind !== 'memory') encodeRoot(ops, tree)
    else for (const file of tree.files) ops.add('file', file.name, file.mode, file.uid, file.gid, file.bytes)
  }
  return new Map([...(trees ?? [])].map(([path, tree]) => [path, numbers.get(tree) ?? 0]))
}

const encodeRoot = (ops: OpWriter, root: RootMount, lowest?: LowestLayers): void => {
  if (root.kind === 'bind') {
    ops.add('root-bind', root.source)
    if (root.stubs !== undefined) ops.add('stubs', root.stubs)
    return
  }
  ops.add('root-overlay')
  for (const path of lowest?.kind === 'kept' ? root.lower.slice(0, -lowest.count) : root.lower) {
    const image = root.images?.get(path)
    if (image === undefined) ops.add('lower', path)
    else ops.add('image', path, image.backing, ...image.data)
  }
  if (root.nested) ops.add('nested')
  if (lowest?.kind === 'kept') ops.add('on-kept')
  else if (lowest) ops.add('keep', lowest.count, lowest.directory)
  if (root.upper !== undefined && root.work !== undefined) {
    ops.add('upper', root.upper, root.work)
    if (root.volatile !== false) ops.add('volatile')
  }
  const stubs = root.stubs ?? (root.work === undefined ? undefined : join(dirname(root.work), 'stubs'))
  if (stubs !== undefined) ops.add('stubs', stubs)
}

const encodeNetwork = (ops: OpWriter, network: NetworkSetup): void => {
  switch (network.kind) {
    case 'none':
    case 'host':
      ops.add('network', network.kind)
      return
    case 'path':
      ops.add('network', 'path', network.path)
      return
    case 'bridge':
      ops.add('network', 'bridge')
      if (network.resolver) ops.add('resolver')
      for (const one of network.interfaces) ops.add('interface', ...interfaceWords(one))
  }
}

const addArguments = (ops: OpWriter, words: readonly string[]): void => {
  for (const word of words) ops.add('arg', word)
}

/** Words as a request has them as arguments of its process. */
export const encodeArguments = (words: readonly string[]): Uint8Array => {
  const ops = createOpWriter()
  addArguments(ops, words)
  return ops.finish().subarray(requestHead)
}

const encodeProcess = (ops: OpWriter, process: RuntimeProcess): void => {
  addArguments(ops, process.args)
  for (const variable of process.env) ops.add('env', variable)
  ops.add('cwd', process.cwd)
  ops.add('user', process.user.uid, process.user.gid, process.user.umask ?? 0o022)
  for (const gid of process.user.additionalGids) ops.add('group', gid)
  const { bounding, effective, permitted, inheritable, ambient } = process.capabilities
  ops.add('capabilities', ...[bounding, effective, permitted, inheritable, ambient].map(capabilityMask))
  for (const limit of process.rlimits) {
    ops.add('rlimit', rlimitNumber(limit.type), rlimitValue(limit.soft), rlimitValue(limit.hard))
  }
  if (process.oomScoreAdj !== undefined) ops.add('oom-score-adj', process.oomScoreAdj)
  if (process.noNewPrivileges) ops.add('no-new-privileges')
  if (process.terminal) {
    ops.add('terminal', process.consoleSize?.height ?? 0, process.consoleSize?.width ?? 0)
  }
}
