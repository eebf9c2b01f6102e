import { lowerMountOptions } from './mount-options.ts'
import type { OpWriter } from './op-writer.ts'
import type { ContainerHook, ContainerLife } from './types.ts'

/** How the container starts and who it ends with (native/request_life.c). */
export const encodeLife = (ops: OpWriter, life: ContainerLife): void => {
  if (life.outlive) ops.add('outlive')
  if (life.gate !== undefined) ops.add('gate', life.gate)
  if (life.hostHooks) ops.add('host-hooks')
  if (life.preserved) ops.add('preserve', life.preserved)
  if (life.rootPropagation !== undefined)
    ops.add('root-propagation', lowerMountOptions('', [life.rootPropagation]).propagation)
  for (const hook of life.hooks ?? []) encodeHook(ops, hook)
}

const encodeHook = (ops: OpWriter, { moment, path, timeout, state, args, env }: ContainerHook): void =>
  ops.add('hook', moment, path, timeout, ...state, args.length, ...args, ...env)
