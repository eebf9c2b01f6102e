import { type Container, ContainerError } from '../../runtime/container/index.ts'
import { findPortOwner } from '../../runtime/network/index.ts'

/** The error of a start; one about a port that is in use says by whom. */
export const withPortOwner = (error: unknown, containers: readonly Container[]): unknown => {
  if (!(error instanceof ContainerError) || error.code !== 'port-in-use') return error
  const { port, protocol } = error.details
  if (typeof port !== 'number' || (protocol !== 'tcp' && protocol !== 'udp')) return error
  const owner = findPortOwner(protocol, port)
  if (!owner) return error
  const holder = containers.find(
    ({ status }) => status.kind === 'running' && status.monitor.pid === owner.pid,
  )
  const who = holder ? `container ${holder.record.name}` : `${owner.program} (pid ${owner.pid})`
  return new ContainerError('port-in-use', `${error.message} by ${who}`, {
    exitCode: error.exitCode,
    details: error.details,
    cause: error,
    hint: holder
      ? `stop it (tsrun stop ${holder.record.name}) or publish on another port`
      : 'publish on another port',
  })
}
