import { createServer as createHttp } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { speaksTls } from '../../../../../src/store/registry/wire/probe-tls.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

const portOf = async (server: Server): Promise<number> => {
  servers.push(server)
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('speaksTls', () => {
  it('is told by a server that says no too', async () => {
    // Without a certificate no cipher fits.
    const server = createTls({}).on('tlsClientError', () => undefined)
    expect(await speaksTls('127.0.0.1', await portOf(server), 5000)).toBe(true)
  })
  it('is not told by what answers in http', async () => {
    const server = createHttp((_request, response) => response.end('hello'))
    expect(await speaksTls('127.0.0.1', await portOf(server), 5000)).toBe(false)
    const chatty = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await speaksTls('127.0.0.1', await portOf(chatty), 5000)).toBe(false)
  })
  it('is an error where nobody says anything', async () => {
    const mute = await portOf(createServer((socket) => socket.resume()))
    await expect(speaksTls('127.0.0.1', mute, 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    const rude = await portOf(createServer((socket) => socket.destroy()))
    await expect(speaksTls('127.0.0.1', rude, 5000)).rejects.toMatchObject({ code: 'ECONNRESET' })
    const gone = createServer()
    const port = await portOf(gone)
    await new Promise((resolve) => gone.close(resolve))
    await expect(speaksTls('127.0.0.1', port, 5000)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
