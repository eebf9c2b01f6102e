import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Connections that were cut so far. */
  readonly cuts: { count: number }
}

/** Passes bytes on to `target`, and cuts connections that had so many in one direction, as long as some cuts are left. */
export const startCuttingProxy = async (
  target: string,
  limit: number,
  times: number,
): Promise<CuttingProxy> => {
  const [host = '', port = ''] = target.split(':')
  const cuts = { count: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    const cut = (): void => {
      near.resetAndDestroy()
      far.destroy()
    }
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      let passed = 0
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (chunk) => {
        passed += chunk.length
        if (passed > limit && cuts.count < times) {
          cuts.count++
          return cut()
        }
        if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        return undefined
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    host: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    cuts,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
