import { describe, expect, test } from 'vitest'
import {
  idsOfDatabases,
  parseSubordinateIds,
  settleUserNamespace,
  type UserNamespace,
  type UserNamespaceFacts,
  type UserNamespaceWish,
} from '../../../../src/runtime/userns/index.ts'

const range = [{ start: 100_000, size: 10_000 }]
const settle = (
  wish: UserNamespaceWish,
  facts: Partial<UserNamespaceFacts> = {},
): UserNamespace | undefined =>
  settleUserNamespace(wish, {
    ranges: () => ({ uids: range, gids: [{ start: 500_000, size: 10_000 }] }),
    subordinate: () => ({ subuid: '', subgid: '' }),
    others: () => [],
    needed: () => 1024,
    of: () => ({ id: 'f'.repeat(64) }),
    ...facts,
  })
const auto = { kind: 'auto', uids: [], gids: [] } as const
const map = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size })

describe('auto', () => {
  test('takes the first free ids, users and groups apart', () => {
    expect(settle(auto)).toEqual({
      mode: 'auto',
      uids: [map(0, 100_000, 1024)],
      gids: [map(0, 500_000, 1024)],
    })
  })

  test('never gives ids of another container, and fills gaps', () => {
    const taken = (hostID: number, size: number): UserNamespace => ({
      mode: 'auto',
      uids: [map(0, hostID, size)],
      gids: [],
    })
    const others = () => [taken(100_000, 500), taken(103_000, 100), taken(101_524, 10)]
    expect(settle({ ...auto, size: 1024 }, { others })?.uids).toEqual([map(0, 100_500, 1024)])
    expect(settle({ ...auto, size: 1025 }, { others })?.uids).toEqual([map(0, 101_534, 1025)])
    expect(settle({ ...auto, size: 2000 }, { others })?.uids).toEqual([map(0, 103_100, 2000)])
    expect(() => settle({ ...auto, size: 8000 }, { others })).toThrow('no 8000 free ids in a row')
  })

  test('whatever is asked for, no two share an id of the host', () => {
    const made: UserNamespace[] = []
    for (let size = 1; size < 120; size += 7) {
      const one = settle({ ...auto, size }, { others: () => made })
      if (one) made.push(one)
    }
    const ids = made.flatMap(({ uids }) =>
      uids.flatMap(({ hostID, size }) => Array.from({ length: size }, (_, i) => hostID + i)),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('keeps fixed mappings, and does not give their ids twice', () => {
    const one = settle({ ...auto, size: 100, uids: [map(5, 100_001, 1), map(200, 7, 1)] })
    expect(one?.uids).toEqual([map(0, 100_002, 5), map(5, 100_001, 1), map(6, 100_007, 94), map(200, 7, 1)])
    expect(settle({ ...auto, uids: [map(3000, 7, 1)] })?.gids).toEqual([map(0, 500_000, 3001)])
  })
})

describe('the others', () => {
  test('users and groups stand for each other', () => {
    const maps = [map(0, 100_000, 10)]
    expect(settle({ kind: 'maps', uids: maps, gids: [] })).toEqual({
      mode: 'private',
      uids: maps,
      gids: maps,
    })
    expect(settle({ kind: 'maps', uids: [], gids: maps })?.uids).toEqual(maps)
  })

  test.each<[string, UserNamespaceWish, string]>([
    ['no root', { kind: 'maps', uids: [map(1, 100_000, 10)], gids: [] }, 'stands for root'],
    [
      'an id twice inside',
      { kind: 'maps', uids: [map(0, 1, 10), map(9, 100, 1)], gids: [] },
      'two ids of the host',
    ],
    [
      'an id twice outside',
      { kind: 'maps', uids: [map(0, 1, 10), map(10, 10, 1)], gids: [] },
      'two ids in the',
    ],
    ['a name without ids', { kind: 'names', user: 'me', group: 'me' }, '/etc/subuid has no ids of me'],
  ])('%s is refused', (_, wish, message) => {
    expect(() => settle(wish)).toThrow(message)
  })

  test('all ids of a name are taken, one range behind the other', () => {
    const subuid = 'me:2000:5\nyou:1:1\nme:1000:3\nme:x:1\nme:1:2:3\nme:5:0\n'
    const facts = { subordinate: () => ({ subuid, subgid: 'us:9:2' }) }
    expect(settle({ kind: 'names', user: 'me', group: 'us' }, facts)).toEqual({
      mode: 'private',
      uids: [map(0, 1000, 3), map(3, 2000, 5)],
      gids: [map(0, 9, 2)],
    })
    expect(parseSubordinateIds('root:4294967295:1', 'root')).toEqual([])
  })

  test('of another container come its ids; of one without, the host', () => {
    const ids = { uids: [map(0, 5, 5)], gids: [map(0, 6, 6)] }
    const of = () => ({ id: 'abc', userNamespace: { mode: 'auto', ...ids } })
    expect(settle({ kind: 'container', name: 'x' }, { of })).toEqual({ mode: 'container:abc', ...ids })
    expect(settle({ kind: 'container', name: 'x' })).toBeUndefined()
  })
})

test('an image needs its users and groups, but not nobody', () => {
  const passwd = 'root:x:0:0::/:/bin/sh\napp:x:2000:2001::/:\nnobody:x:65534:65534::/:\n_apt:x:42:65534::/:\n'
  expect(idsOfDatabases({ own: [] })).toBe(1024)
  expect(idsOfDatabases({ passwd, own: [] })).toBe(2002)
  expect(idsOfDatabases({ passwd, group: 'g:x:3000:a,b\n', own: [0] })).toBe(3001)
  expect(idsOfDatabases({ passwd: 'a:x:4000000000:0\n', own: [] })).toBe(65_536)
  expect(idsOfDatabases({ own: [100_000] })).toBe(100_001)
})
