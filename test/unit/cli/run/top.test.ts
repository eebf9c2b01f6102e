import { describe, expect, it } from 'vitest'
import { chosenColumns } from '../../../../src/cli/run/top.ts'
import type { Moment } from '../../../../src/cli/run/top-columns.ts'

const shown = (...words: readonly string[]): string =>
  chosenColumns(words)
    .map(({ header }) => header)
    .join(' ')

const full = 'UID PID PPID C STIME TTY TIME CMD'
const ofUsers = 'USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND'

describe('columns of top', () => {
  it.each<[readonly string[], string]>([
    [[], full],
    [['-ef'], full],
    [['aux'], ofUsers],
    [['-o', 'pid,user,comm'], 'PID USER COMMAND'],
    [['-eo', 'pid,cmd'], 'PID CMD'],
    [['-opid,args'], 'PID COMMAND'],
    [['-o', 'pid', '-o', 'stat %cpu'], 'PID STAT %CPU'],
    [['-o', 'pid,cmd=WHAT'], 'PID WHAT'],
    [['-eo', 'pid,time', 'aux'], 'PID TIME'],
  ])('%j', (words, headers) => expect(shown(...words)).toBe(headers))

  it.each([['-o', 'user'], ['-o', 'pid,nosuch'], ['--forest'], ['-o']])('refuses %j', (...words) =>
    expect(() => chosenColumns(words)).toThrow(expect.objectContaining({ code: 'usage', exitCode: 1 })),
  )

  it('writes values as ps does', () => {
    const now = new Date(2026, 0, 31, 16, 5).getTime()
    const moment: Moment = { now, uptime: 200_000, users: new Map([[0, 'root']]) }
    const process = {
      ...{ uid: 0, pid: 42, parent: 1, cpuSeconds: 3725, startTicks: 19_992_550, nice: 0, threads: 1 },
      ...{ group: 42, session: 42, state: 'Ss', terminal: 'pts/0', name: 'sh', command: 'sh -c x' },
      ...{ virtualBytes: 2 << 20, residentBytes: 1 << 20 },
    }
    const values = (...words: readonly string[]): string =>
      chosenColumns(words)
        .map(({ value }) => value(process, moment))
        .join('|')
    expect(values()).toBe('root|42|1|99|16:03|pts/0|01:02:05|sh -c x')
    expect(values('-o', 'pid,etime,vsz,rss,comm,stat')).toBe('42|01:14|2048|1024|sh|Ss')
    const unknown = { ...process, uid: 77, startTicks: 0 }
    const [uid, , , , start] = chosenColumns([])
    expect(uid?.value(unknown, moment)).toBe('77')
    expect(start?.value(unknown, moment)).toBe('Jan29')
  })
})
