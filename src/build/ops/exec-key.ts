import { digestOf } from '../../foundation/oci/index.ts'
import type { Stack } from '../../store/snapshot/index.ts'
import type { ExecMount, ExecOp } from '../graph/index.ts'
import type { KeyComponent } from '../solver/index.ts'

export interface ExecKeyFacts {
  readonly root: Stack
  readonly hostname: string
  /** Digest of what a bind mount shows, or of what a cache starts with. Throws when the source is not there. */
  contentOf(mount: ExecMount): string | undefined
}

/**
 * Everything that the command can see and that a user means when they say "the same step". Of a bind mount the content counts,
 * not where it comes from; of a cache its name, not what is in it; of a secret its place, never its value.
 * Not in it: proxy variables, limits of resources.
 */
export const execKey = (op: ExecOp, facts: ExecKeyFacts): readonly KeyComponent[] => [
  { name: 'op', value: 'exec' },
  { name: 'parent', value: facts.root.join(' ') },
  ...numbered('arg', op.args),
  ...numbered('env', op.env),
  { name: 'cwd', value: op.cwd },
  { name: 'user', value: op.user },
  { name: 'network', value: op.network },
  { name: 'hostname', value: facts.hostname },
  ...named('security', op.security),
  ...named('shm size', op.shmSize),
  ...numbered('host', op.extraHosts ?? []),
  ...numbered(
    'ulimit',
    (op.ulimits ?? []).map(({ name, soft, hard }) => JSON.stringify([name, soft, hard])),
  ),
  ...numbered(
    'device',
    (op.devices ?? []).map(({ name, required }) => JSON.stringify([name, required])),
  ),
  ...numbered(
    'mount',
    seenMounts(op.mounts).map((mount) => JSON.stringify(describe(mount, facts.contentOf(mount)))),
  ),
]

/** Of mounts at the same place only the last is seen, as under docker. */
export const seenMounts = (mounts: readonly ExecMount[] = []): readonly ExecMount[] => {
  const last = new Map<string, ExecMount>()
  mounts.forEach((mount, index) => {
    // A secret that is only a variable is at no place.
    const place = mount.target === undefined ? `${index}` : mount.target
    last.delete(place)
    last.set(place, mount)
  })
  return [...last.values()]
}

/** A list of values: no two kinds of mounts have the same, and JSON keeps their borders. */
const describe = (mount: ExecMount, content: string | undefined): readonly unknown[] => {
  switch (mount.kind) {
    case 'bind':
      return ['bind', mount.target, mount.readonly, content]
    case 'cache':
      return ['cache', mount.target, mount.id, mount.sharing, mount.readonly, ...ownerOf(mount), content]
    case 'tmpfs':
      return ['tmpfs', mount.target, mount.size, mount.readonly === true]
    case 'secret':
      return ['secret', mount.id, mount.target, mount.env, mount.required, ...ownerOf(mount)]
    case 'ssh':
      return ['ssh', mount.id, mount.target, mount.required, ...ownerOf(mount)]
    case 'file':
      return ['file', mount.target, digestOf(mount.text), mount.mode]
  }
}

const ownerOf = ({
  uid,
  gid,
  mode,
}: {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}): readonly number[] => [uid, gid, mode]

const named = (name: string, value: string | number | undefined): readonly KeyComponent[] =>
  value === undefined ? [] : [{ name, value: String(value) }]

const numbered = (name: string, values: readonly string[]): readonly KeyComponent[] =>
  values.map((value, i) => ({ name: `${name} ${i}`, value }))
