import { connect } from 'node:net'

/**
 * Whether the server at a place of this machine speaks TLS, told by the first byte of its answer to a greeting. Nothing is agreed on with
 * it and nothing of it is believed: who speaks TLS is then spoken to with all checks. Loading TLS and the machine's authorities just to find
 * that a registry has none takes longer than a small push. Throws system errors; ECONNRESET when it hangs up without a word.
 */
export const speaksTls = (host: string, port: number, timeout: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout })
    const fail = (code: string): void => {
      socket.destroy()
      reject(Object.assign(new Error(`${host}:${port} does not answer`), { code }))
    }
    socket.once('connect', () => socket.write(greeting))
    socket.once('data', (bytes: Buffer) => {
      socket.destroy()
      resolve(bytes[0] === record.handshake || bytes[0] === record.alert)
    })
    socket.once('timeout', () => fail('ETIMEDOUT'))
    socket.once('end', () => fail('ECONNRESET'))
    socket.once('error', reject)
  })

/** RFC 8446, 5.1: what an answer in TLS begins with, also one that says no. */
const record = { alert: 21, handshake: 22 } as const

const sized = (width: number, bytes: Buffer): Buffer => {
  const size = Buffer.alloc(width)
  size.writeUIntBE(bytes.length, 0, width)
  return Buffer.concat([size, bytes])
}

const extension = (type: number, body: string): Buffer =>
  Buffer.concat([Buffer.from([0, type]), sized(2, Buffer.from(body, 'hex'))])

/** ClientHello (RFC 5246, 7.4.1.2): TLS 1.2, common ciphers; groups, point formats and signatures that go with them. */
const hello = Buffer.concat([
  Buffer.from([3, 3]),
  Buffer.alloc(32),
  sized(1, Buffer.alloc(0)),
  sized(2, Buffer.from('c02bc02fc02cc030cca9cca8009c002f', 'hex')),
  sized(1, Buffer.from([0])),
  sized(
    2,
    Buffer.concat([
      extension(10, '0004001d0017'),
      extension(11, '0100'),
      extension(13, '00080403080404010503'),
    ]),
  ),
])

const greeting = Buffer.concat([
  Buffer.from([record.handshake, 3, 1]),
  sized(2, Buffer.concat([Buffer.from([1]), sized(3, hello)])),
])
