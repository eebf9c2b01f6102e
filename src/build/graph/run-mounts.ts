import type { Range } from '../../foundation/errors/index.ts'
import {
  type BindMountOption,
  type CacheMountOption,
  type MountOption,
  parseMount,
  type RunInstruction,
} from '../dockerfile/index.ts'
import { mainContext, type Source } from './from-source.ts'
import { resolvePath } from './in-root-path.ts'
import { localFilesVertex } from './input-vertices.ts'
import type { ExecMount, InputIndex } from './op-types.ts'
import { report } from './planning.ts'
import { expandQuietly } from './stage-words.ts'
import type { Inputs, Step } from './step.ts'

/** What --mount says, in order, with the files that are mounted added to the inputs. Undefined after a report, or when something is not known yet. */
export const planMounts = (
  step: Step,
  instruction: RunInstruction,
  inputs: Inputs,
): readonly ExecMount[] | undefined => {
  const planned: ExecMount[] = []
  let sockets = 0
  for (const { text, range } of instruction.mounts) {
    const { mount, problems } = parseMount(text, (value) =>
      expandQuietly(step.planning, step.state, range, value),
    )
    for (const problem of problems) report(step.planning, range, problem)
    const done = mount && planMount({ step, instruction, inputs, range, sockets }, mount)
    if (done) planned.push(done)
    if (mount?.type === 'ssh') sockets++
  }
  return planned.length === instruction.mounts.length ? planned : undefined
}

interface Mounting {
  readonly step: Step
  readonly instruction: RunInstruction
  readonly inputs: Inputs
  /** Of the flag. */
  readonly range: Range
  /** Number of ssh mounts before this one. */
  readonly sockets: number
}

const planMount = (mounting: Mounting, mount: MountOption): ExecMount | undefined => {
  switch (mount.type) {
    case 'bind':
      return planBind(mounting, mount)
    case 'cache':
      return planCache(mounting, mount)
    case 'tmpfs': {
      const target = targetOf(mounting, mount.target)
      const size = mount.size === undefined ? {} : { size: mount.size }
      if (target === undefined) return undefined
      return { kind: 'tmpfs', target, ...size, ...(mount.readonly ? { readonly: true } : {}) }
    }
    case 'secret': {
      const { type: _, target: written, ...rest } = mount
      if (written === undefined) return { kind: 'secret', ...rest }
      const target = targetOf(mounting, written)
      return target === undefined ? undefined : { kind: 'secret', ...rest, target }
    }
    case 'ssh': {
      const { type: _, target: written = `/run/buildkit/ssh_agent.${mounting.sockets}`, ...rest } = mount
      const target = targetOf(mounting, written)
      return target === undefined ? undefined : { kind: 'ssh', ...rest, target }
    }
  }
}

const planBind = (mounting: Mounting, mount: BindMountOption): ExecMount | undefined => {
  const target = targetOf(mounting, mount.target)
  const found = inputOf(mounting, mount.from, mount.source)
  if (target === undefined || !found) return undefined
  return { kind: 'bind', target, ...found, readonly: mount.readonly }
}

const planCache = (mounting: Mounting, mount: CacheMountOption): ExecMount | undefined => {
  const target = targetOf(mounting, mount.target)
  const { cacheNamespace } = mounting.step.planning.settings
  const isEmpty = mount.from === undefined || (mount.owned && resolvePath('/', mount.source) === '/')
  const from = isEmpty ? undefined : inputOf(mounting, mount.from, mount.source)
  if (target === undefined || (!isEmpty && !from)) return undefined
  const { sharing, readonly, uid, gid, mode } = mount
  const id = cacheNamespace === undefined ? mount.id : `${cacheNamespace}/${mount.id}`
  return { kind: 'cache', target, id, sharing, readonly, ...(from ? { from } : {}), uid, gid, mode }
}

interface Found {
  readonly input: InputIndex
  readonly source: string
}

const inputOf = (
  { step, instruction, inputs, range }: Mounting,
  from: string | undefined,
  path: string,
): Found | undefined => {
  const { planning } = step
  const found: Source =
    from === undefined ? mainContext(planning, range) : step.resolveFrom(from, range, 'mount')
  const source = resolvePath('/', path)
  switch (found.kind) {
    case 'unresolved':
      return undefined
    case 'vertex':
      return { input: inputs.add(found.root), source }
    case 'context': {
      const asked = { range: instruction.range, instruction: instruction.text }
      return { input: inputs.add(localFilesVertex(planning, found.name, source, asked)), source }
    }
  }
}

const targetOf = ({ step, range }: Mounting, written: string): string | undefined => {
  const target = resolvePath(step.state.config.workingDir, written)
  if (target !== '/') return target
  return report(step.planning, range, {
    code: 'bad-mount-target',
    message: `expected the target of --mount to be a path below the root, found ${JSON.stringify(written)}`,
    hint: 'say where to mount it: target=/path',
  })
}
