import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { findFreeIds, holes } from './free-ids.ts'
import { hostId } from './map-id.ts'
import { parseSubordinateIds } from './subordinate-ids.ts'
import type { IdMapping, IdRange, UserNamespace, UserNamespaceWish } from './types.ts'

/** What the machine and the store have; looked up when it is needed. */
export interface UserNamespaceFacts {
  /** Ranges for `auto`. */
  readonly ranges: () => { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] }
  /** /etc/subuid and /etc/subgid. */
  readonly subordinate: () => { readonly subuid: string; readonly subgid: string }
  /** Of the containers that there are. */
  readonly others: () => readonly UserNamespace[]
  /** How many ids the image needs. */
  readonly needed: () => number
  /** That of another container, with its whole id; undefined: the host's. */
  readonly of: (name: string) => { readonly id: string; readonly userNamespace?: UserNamespace | undefined }
}

/** Undefined: the host's own. Throws `bad-userns`, `no-free-ids`, and what `facts` throw. */
export const settleUserNamespace = (
  wish: UserNamespaceWish,
  facts: UserNamespaceFacts,
): UserNamespace | undefined => {
  switch (wish.kind) {
    case 'auto':
      return checked(automatic(wish, facts))
    case 'maps': {
      const uids = wish.uids.length > 0 ? wish.uids : wish.gids
      return checked({ mode: 'private', uids, gids: wish.gids.length > 0 ? wish.gids : uids })
    }
    case 'names':
      return checked(named(wish, facts))
    case 'keep-id': {
      const all = [{ containerID: 0, hostID: 0, size: 0xffffffff }]
      return { mode: 'keep-id', uids: all, gids: all }
    }
    case 'container': {
      const { id, userNamespace } = facts.of(wish.name)
      return userNamespace && { ...userNamespace, mode: `container:${id}` }
    }
  }
}

const automatic = (
  { size, uids, gids }: Extract<UserNamespaceWish, { kind: 'auto' }>,
  facts: UserNamespaceFacts,
): UserNamespace => {
  const ends = [...uids, ...gids].map((map) => map.containerID + map.size)
  const wanted = size ?? Math.max(facts.needed(), ...ends)
  const ranges = facts.ranges()
  // Those have all ids there are.
  const others = facts.others().filter(({ mode }) => mode !== 'keep-id')
  const fill = (kind: 'uids' | 'gids', fixed: readonly IdMapping[]): readonly IdMapping[] => {
    const taken = [...fixed, ...others.flatMap((one) => one[kind])].map(hostRange)
    return [...fixed, ...filled(holes(fixed, wanted), ranges[kind], taken)].toSorted(
      (a, b) => a.containerID - b.containerID,
    )
  }
  return {
    mode: size === undefined ? 'auto' : `auto:size=${size}`,
    uids: fill('uids', uids),
    gids: fill('gids', gids),
  }
}

const hostRange = ({ hostID, size }: IdMapping): IdRange => ({ start: hostID, size })

const filled = (
  wanted: readonly IdRange[],
  ranges: readonly IdRange[],
  taken: readonly IdRange[],
): readonly IdMapping[] => {
  const mine: IdRange[] = []
  return wanted.map(({ start, size }) => {
    const free = findFreeIds(ranges, [...taken, ...mine], size)
    if (!free)
      throw new AppError('no-free-ids', `make a user namespace: there are no ${size} free ids in a row`, {
        exitCode: exitCode.engine,
        hint: 'remove containers that have some, ask for less (--userns=auto:size=1024), or give the user "containers" more in /etc/subuid and /etc/subgid',
      })
    mine.push(free)
    return { containerID: start, hostID: free.start, size }
  })
}

const named = (
  { user, group }: Extract<UserNamespaceWish, { kind: 'names' }>,
  facts: UserNamespaceFacts,
): UserNamespace => {
  const { subuid, subgid } = facts.subordinate()
  return {
    mode: 'private',
    uids: inARow(parseSubordinateIds(subuid, user), '/etc/subuid', user),
    gids: inARow(parseSubordinateIds(subgid, group), '/etc/subgid', group),
  }
}

const inARow = (ranges: readonly IdRange[], file: string, name: string): readonly IdMapping[] => {
  if (ranges.length === 0)
    throw bad(`${file} has no ids of ${name}`, `add a line such as ${name}:1000000:65536`)
  let containerID = 0
  return ranges.map(({ start, size }) => {
    const map = { containerID, hostID: start, size }
    containerID += size
    return map
  })
}

/** A container needs root, and the kernel refuses ids that are there twice. */
const checked = (namespace: UserNamespace): UserNamespace => {
  for (const [kind, maps] of [
    ['user', namespace.uids],
    ['group', namespace.gids],
  ] as const) {
    if (hostId(maps, 0) === undefined) throw bad(`no ${kind} of the host stands for root in the container`)
    if (maps.length > 340) throw bad(`${maps.length} ranges of ${kind}s: the kernel takes 340`)
    if (overlap(maps.map(({ containerID, size }) => ({ start: containerID, size }))))
      throw bad(`a ${kind} in the container has two ids of the host`)
    if (overlap(maps.map(hostRange))) throw bad(`a ${kind} of the host has two ids in the container`)
  }
  return namespace
}

const overlap = (ranges: readonly IdRange[]): boolean =>
  ranges
    .toSorted((a, b) => a.start - b.start)
    .some((range, i, all) => i > 0 && (all[i - 1]?.start ?? 0) + (all[i - 1]?.size ?? 0) > range.start)

const bad = (why: string, hint?: string): AppError =>
  new AppError('bad-userns', `make a user namespace: ${why}`, {
    exitCode: exitCode.engine,
    ...(hint === undefined ? {} : { hint }),
  })
