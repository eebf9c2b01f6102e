import { openContainerStore, readPorts } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb, usage } from './parse-verb.ts'
import { addressAndPort } from './port-text.ts'

/** `tsrun port CONTAINER [PORT[/PROTOCOL]]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('port', argv, cli, (command) =>
    command
      .description('Show the ports that a container publishes')
      .argument('<container>', 'name or id')
      .argument('[port]', 'only this port of the container, such as 80 or 53/udp'),
  )
  if (!parsed) return 0
  const [word = '', wanted] = parsed.args
  const container = openContainerStore(cli.root).find(word)
  const ports = container.status.kind === 'running' ? readPorts(container.dir) : []
  if (wanted === undefined) {
    for (const port of ports)
      cli.stdout.write(`${port.containerPort}/${port.protocol} -> ${addressAndPort(port)}\n`)
    return 0
  }
  const match = /^(\d+)(?:\/(tcp|udp))?$/.exec(wanted)
  if (!match) throw usage('port', `${JSON.stringify(wanted)}: expected PORT or PORT/udp`)
  const found = ports.filter(
    (port) => port.containerPort === Number(match[1]) && port.protocol === (match[2] ?? 'tcp'),
  )
  if (found.length === 0) {
    throw new AppError(
      'not-published',
      `show port ${wanted} of container ${container.record.name}: it is not published`,
    )
  }
  for (const port of found) cli.stdout.write(`${addressAndPort(port)}\n`)
  return 0
}
