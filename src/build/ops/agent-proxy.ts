import { chmodSync, chownSync, closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { createAgentFilter } from './agent-filter.ts'

export interface AgentProxy {
  /** The socket that the step gets. */
  readonly path: HostPath
  /** Ends every connection; nobody can use the agent through it any more. */
  close(): Promise<void>
}

/**
 * A socket in the new directory `directory`, behind which is the agent at `upstream`. Through it keys can be listed and used for
 * signatures, not added, removed or locked (SECURITY 53).
 */
export const openAgentProxy = async (
  upstream: HostPath,
  directory: HostPath,
  owner: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<AgentProxy> => {
  const net = await import('node:net')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'agent')
  const open = new Set<Socket>()
  const server = net.createServer((client) => {
    const agent = net.connect(upstream)
    const end = (): void => {
      for (const socket of [client, agent]) {
        socket.destroy()
        open.delete(socket)
      }
    }
    for (const socket of [client, agent]) {
      open.add(socket)
      socket.on('error', end)
      socket.on('close', end)
    }
    const filter = createAgentFilter({
      toAgent: (bytes) => agent.write(bytes),
      toClient: (bytes) => client.write(bytes),
      fail: end,
    })
    client.on('data', filter.fromClient)
    agent.on('data', filter.fromAgent)
  })
  await listen(server, directory)
  chownSync(path, owner.uid, owner.gid)
  chmodSync(path, owner.mode)
  return {
    path,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** By way of a descriptor of the directory: a socket's path may have 107 bytes at most, and that of the directory may be longer. */
const listen = async (server: Server, directory: HostPath): Promise<void> => {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(`/proc/self/fd/${fd}/agent`, resolve)
    })
  } catch (error) {
    throw new AppError('ssh-agent', `make an agent socket for the step: ${errnoOf(error) ?? String(error)}`, {
      cause: error,
    })
  } finally {
    closeSync(fd)
  }
}
