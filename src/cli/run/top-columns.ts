import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { ContainerProcess } from '../../engine/index.ts'

/** What values are counted from. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Seconds since boot. */
  readonly uptime: number
  /** Names of the host's users. */
  readonly users: ReadonlyMap<number, string>
}

export interface TopColumn {
  readonly header: string
  readonly value: (process: ContainerProcess, moment: Moment) => string
}

/** Now, on this machine. */
export const momentOf = (now: number): Moment => ({
  now,
  uptime: Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]),
  users: usersOf(),
})

const usersOf = (): ReadonlyMap<number, string> => {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
    // The first name of a number counts.
    return new Map(lines.toReversed().map((line) => [Number(line.split(':')[2]), line.split(':')[0] ?? '']))
  } catch {
    return new Map()
  }
}

const seconds = ({ startTicks }: ContainerProcess, { uptime }: Moment): number =>
  Math.max(uptime - startTicks / 100, 0)

const cpuShare = (one: ContainerProcess, moment: Moment): number =>
  (one.cpuSeconds / Math.max(seconds(one, moment), 0.01)) * 100

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')

/** `16:05`; of another day `Nov22`. */
const startText = (one: ContainerProcess, moment: Moment): string => {
  const at = new Date(moment.now - seconds(one, moment) * 1000)
  if (moment.now - at.getTime() < 86_400_000) return `${two(at.getHours())}:${two(at.getMinutes())}`
  return at.toDateString().slice(4, 10).replace(' ', '')
}

const longTime = (value: number): string =>
  `${two(value / 3600)}:${two((value / 60) % 60)}:${two(value % 60)}`
const shortTime = (value: number): string => `${Math.floor(value / 60)}:${two(value % 60)}`

/** As ps writes it: `[[days-]hours:]minutes:seconds`. */
const elapsed = (value: number): string => {
  const days = Math.floor(value / 86_400)
  const rest = longTime(value % 86_400)
  return days > 0 ? `${days}-${rest}` : value >= 3600 ? rest : rest.slice(3)
}

const user: TopColumn['value'] = ({ uid }, { users }) => users.get(uid) ?? String(uid)

const column = (header: string, value: TopColumn['value']): TopColumn => ({ header, value })

const command = (header: string): TopColumn => column(header, (one) => one.command)

const byName: Readonly<Record<string, TopColumn>> = {
  args: command('COMMAND'),
  c: column('C', (one, moment) => String(Math.min(Math.floor(cpuShare(one, moment)), 99))),
  cmd: command('CMD'),
  comm: column('COMMAND', (one) => one.name),
  command: command('COMMAND'),
  etime: column('ELAPSED', (one, moment) => elapsed(seconds(one, moment))),
  euser: column('EUSER', user),
  ni: column('NI', (one) => String(one.nice)),
  nlwp: column('NLWP', (one) => String(one.threads)),
  pcpu: column('%CPU', (one, moment) => cpuShare(one, moment).toFixed(1)),
  pgid: column('PGID', (one) => String(one.group)),
  pid: column('PID', (one) => String(one.pid)),
  pmem: column('%MEM', (one) => ((one.residentBytes / totalmem()) * 100).toFixed(1)),
  ppid: column('PPID', (one) => String(one.parent)),
  rss: column('RSS', (one) => String(one.residentBytes >> 10)),
  s: column('S', (one) => one.state.slice(0, 1)),
  sid: column('SID', (one) => String(one.session)),
  start: column('START', startText),
  stat: column('STAT', (one) => one.state),
  state: column('S', (one) => one.state.slice(0, 1)),
  stime: column('STIME', startText),
  time: column('TIME', (one) => longTime(one.cpuSeconds)),
  tname: column('TTY', (one) => one.terminal),
  tty: column('TT', (one) => one.terminal),
  uid: column('UID', (one) => String(one.uid)),
  user: column('USER', user),
  vsz: column('VSZ', (one) => String(Math.floor(one.virtualBytes / 1024))),
}

const synonyms: Readonly<Record<string, string>> = {
  '%cpu': 'pcpu',
  '%mem': 'pmem',
  nice: 'ni',
  pgrp: 'pgid',
  rssize: 'rss',
  sess: 'sid',
  tt: 'tty',
  ucmd: 'comm',
  uname: 'user',
  vsize: 'vsz',
}

/** Names of all columns, for messages. */
export const columnNames: readonly string[] = Object.keys(byName)

/** Of a word of `-o`: `pid`, or `pid=HEADER`. Undefined when there is no such column. */
export const topColumn = (word: string): TopColumn | undefined => {
  const [name = '', header] = word.split(/=(.*)/s, 2)
  const known = synonyms[name] ?? name
  const found = Object.hasOwn(byName, known) ? byName[known] : undefined
  return found && header !== undefined ? { ...found, header } : found
}

const pick = (...names: readonly string[]): readonly TopColumn[] =>
  names.flatMap((name) => topColumn(name) ?? [])

/** Those of `ps -ef`, which docker shows. */
export const fullColumns: readonly TopColumn[] = [
  column('UID', user),
  ...pick('pid', 'ppid', 'c', 'stime', 'tname', 'time', 'cmd'),
]

/** Those of `ps aux`. */
export const userColumns: readonly TopColumn[] = [
  ...pick('user', 'pid', 'pcpu', 'pmem', 'vsz', 'rss', 'tname', 'stat', 'start'),
  column('TIME', (one) => shortTime(one.cpuSeconds)),
  ...pick('command'),
]
