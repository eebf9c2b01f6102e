import { describe, expect, it } from 'vitest'
import { requireMapped } from '../../../../src/runtime/container/mapped-user.ts'
import type { Container } from '../../../../src/runtime/container/types.ts'

const containerOf = (userNamespace?: unknown): Pick<Container, 'record'> =>
  ({ record: { name: 'web', options: { userNamespace } } }) as unknown as Container

const maps = [
  { containerID: 0, hostID: 300_000, size: 1000 },
  { containerID: 5000, hostID: 400_000, size: 1 },
]
const mapped = containerOf({ mode: 'auto', uids: maps, gids: maps })
const user = (uid: number, gid = 0, additionalGids: readonly number[] = [gid]) => ({
  uid,
  gid,
  additionalGids,
})

describe('a user of another process of a container', () => {
  it.each([user(0), user(999, 999), user(5000, 5000), user(1, 0, [0, 5000])])(
    'may be any that its user namespace has: %j',
    (one) => expect(() => requireMapped(mapped, one)).not.toThrow(),
  )

  it.each([
    [user(1000), /exec in container web: its user namespace has no user 1000, only 0-999, 5000-5000/],
    [user(0, 4999), /no group 4999/],
    [user(0, 0, [0, 1000]), /no group 1000/],
  ])('may be no other: %j', (one, message) =>
    expect(() => requireMapped(mapped, one)).toThrow(
      expect.objectContaining({
        code: 'start-failed',
        exitCode: 126,
        message: expect.stringMatching(message),
        hint: expect.stringContaining('--userns=auto:size='),
      }),
    ),
  )

  it.each([containerOf(), containerOf({ mode: 'keep-id', uids: maps, gids: maps })])(
    "may be anybody where ids are the host's",
    (container) => expect(() => requireMapped(container, user(77_777, 77_777))).not.toThrow(),
  )
})
