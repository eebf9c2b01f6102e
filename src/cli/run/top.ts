import { readFileSync } from 'node:fs'
import { type ContainerProcess, openContainerStore, processesOf, recordEvent } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { renderTable } from '../render/table.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsrun top CONTAINER` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('top', argv, cli, (command) =>
    command.description('Show the processes of a container').argument('<container>', 'name or id'),
  )
  if (!parsed) return 0
  const [word = ''] = parsed.args
  const now = cli.now()
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  const containers = openContainerStore(cli.root)
  const container = containers.find(word)
  const processes = processesOf(container)
  recordEvent(containers.journal, container.record, 'top')
  const rows = processes.map((one) => [
    String(one.uid),
    String(one.pid),
    String(one.parent),
    startTime(one, now, uptime),
    cpuTime(one.cpuSeconds),
    one.command,
  ])
  cli.stdout.write(renderTable(['UID', 'PID', 'PPID', 'STIME', 'TIME', 'CMD'], rows))
  return 0
}

const startTime = ({ startTicks }: ContainerProcess, now: number, uptime: number): string => {
  const at = new Date(now - (uptime - startTicks / 100) * 1000)
  return [at.getHours(), at.getMinutes()].map(twoDigits).join(':')
}

const cpuTime = (seconds: number): string =>
  [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => twoDigits(Math.floor(part))).join(':')

const twoDigits = (value: number): string => String(value).padStart(2, '0')
