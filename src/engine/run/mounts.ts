import { mkdirSync, statSync } from 'node:fs'
import { errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { ContainerPath, HostPath, RuntimeMount } from '../../foundation/oci/index.ts'
import { ContainerError } from '../../runtime/container/index.ts'

/** A mount as a user asks for it. */
export type MountWish =
  | {
      readonly kind: 'bind'
      /** Absolute. */
      readonly source: HostPath
      readonly destination: ContainerPath
      readonly readonly: boolean
      /** Makes a missing source as a directory (-v does, --mount does not). */
      readonly createSource: boolean
      /** `rprivate` when absent. */
      readonly propagation?: string
    }
  | { readonly kind: 'tmpfs'; readonly destination: ContainerPath; readonly options: readonly string[] }

/** Mounts for the spec; the sources of binds are there afterwards. Throws `bad-mount`. */
export const prepareMounts = (wishes: readonly MountWish[]): readonly RuntimeMount[] =>
  wishes.map((wish) => (wish.kind === 'bind' ? bind(wish) : tmpfs(wish)))

const bind = (wish: Extract<MountWish, { kind: 'bind' }>): RuntimeMount => {
  if (!statSync(wish.source, { throwIfNoEntry: false })) makeSource(wish)
  return {
    destination: wish.destination,
    type: 'bind',
    source: wish.source,
    options: ['rbind', wish.propagation ?? 'rprivate', ...(wish.readonly ? ['ro'] : [])],
  }
}

const makeSource = ({ source, createSource }: Extract<MountWish, { kind: 'bind' }>): void => {
  if (!createSource) {
    throw new ContainerError('bad-mount', `bind ${source}: there is no such path`, {
      exitCode: exitCode.engine,
      hint: 'make it first, or use -v, which makes a directory',
    })
  }
  try {
    mkdirSync(source, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new ContainerError('bad-mount', `make ${source}: ${errnoOf(error) ?? String(error)}`, {
      exitCode: exitCode.engine,
      cause: error,
    })
  }
}

/** Docker's options for tmpfs; those given later win. */
const tmpfs = ({ destination, options }: Extract<MountWish, { kind: 'tmpfs' }>): RuntimeMount => ({
  destination,
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['noexec', 'nosuid', 'nodev', ...options],
})
