import { describe, expect, test } from 'vitest'
import { timeOffsets } from '../../../../src/cli/run/time-options.ts'
import { userNamespaceWish } from '../../../../src/cli/run/userns-options.ts'

const wish = (flags: Parameters<typeof userNamespaceWish>[0]) => userNamespaceWish(flags, undefined)

describe('--userns', () => {
  test.each([undefined, '', 'host'])('%s is the host', (userns) => {
    expect(wish(userns === undefined ? {} : { userns })).toBeUndefined()
  })

  test('takes what podman takes', () => {
    expect(wish({ userns: 'auto' })).toEqual({ kind: 'auto', uids: [], gids: [] })
    expect(wish({ userns: 'auto:size=5,uidmapping=1:@2:3,gidmapping=4:5' })).toEqual({
      kind: 'auto',
      size: 5,
      uids: [{ containerID: 1, hostID: 2, size: 3 }],
      gids: [{ containerID: 4, hostID: 5, size: 1 }],
    })
    expect(userNamespaceWish({ userns: 'auto' }, '5:6')).toMatchObject({ ids: '5:6' })
    expect(wish({ userns: 'keep-id' })).toEqual({ kind: 'keep-id' })
    expect(wish({ userns: 'container:web' })).toEqual({ kind: 'container', name: 'web' })
    expect(wish({ uidmap: ['0:1:2,2:9:1'], userns: 'private' })).toEqual({
      kind: 'maps',
      uids: [
        { containerID: 0, hostID: 1, size: 2 },
        { containerID: 2, hostID: 9, size: 1 },
      ],
      gids: [],
    })
    expect(wish({ subuidname: 'me' })).toEqual({ kind: 'names', user: 'me', group: 'me' })
    expect(wish({ subgidname: 'us' })).toEqual({ kind: 'names', user: 'us', group: 'us' })
  })

  test.each([
    [{ userns: 'private' }, 'which ids'],
    [{ userns: 'nomap' }, 'other than root'],
    [{ userns: 'container:' }, 'expected host'],
    [{ userns: 'keep-id:uid=5' }, 'expected host'],
    [{ userns: 'auto:size=0' }, 'expected size=N'],
    [{ userns: 'auto:' }, 'expected size=N'],
    [{ userns: 'auto', uidmap: ['0:1:1'] }, 'does not go with'],
    [{ uidmap: ['0:1:1'], subuidname: 'x' }, 'do not go with'],
    [{ uidmap: ['0:1:0'] }, 'expected ID:HOST:SIZE'],
    [{ uidmap: ['+0:1:1'] }, 'expected ID:HOST:SIZE'],
    [{ gidmap: ['0:4294967295:1'] }, 'expected ID:HOST:SIZE'],
  ])('%j is refused', (flags, message) => {
    expect(() => wish(flags)).toThrow(message)
  })
})

describe('--time-offset', () => {
  test('seconds, with fractions, before and after', () => {
    expect(timeOffsets(['boottime=5,monotonic=-3'])).toEqual({
      boottime: { secs: 5, nanosecs: 0 },
      monotonic: { secs: -3, nanosecs: 0 },
    })
    expect(timeOffsets(['boottime=-1.25', 'monotonic=+0.5'])).toEqual({
      boottime: { secs: -2, nanosecs: 750_000_000 },
      monotonic: { secs: 0, nanosecs: 500_000_000 },
    })
  })

  test.each(['realtime=1', 'boottime', 'boottime=x', 'boottime=1.', '', 'boottime=99999999999'])(
    '%s is refused',
    (text) => {
      expect(() => timeOffsets([text])).toThrow('expected monotonic=SECONDS')
    },
  )
})
