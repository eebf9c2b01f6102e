/** draft-ietf-sshm-ssh-agent: message numbers. */
const failure = 5
const requestIdentities = 11
const signRequest = 13

/** As OpenSSH: longer messages are an attack or a mistake. */
const longest = 256 << 10

export interface AgentFilter {
  fromClient(chunk: Uint8Array): void
  fromAgent(chunk: Uint8Array): void
}

/**
 * Between one client and an agent: lets requests for the list of keys and for signatures through, one at a time, and answers
 * all others itself with a failure. `fail` is called once when either side breaks the protocol.
 */
export const createAgentFilter = (wires: {
  readonly toAgent: (bytes: Uint8Array) => void
  readonly toClient: (bytes: Uint8Array) => void
  readonly fail: () => void
}): AgentFilter => {
  let requests = Buffer.alloc(0)
  let answers = Buffer.alloc(0)
  let asked = false
  const refusal = Buffer.from([0, 0, 0, 1, failure])

  const goOn = (): void => {
    while (!asked) {
      const size = frameSize(requests)
      if (size === 'bad') wires.fail()
      if (size === 'bad' || size === undefined) return
      const frame = requests.subarray(0, size)
      requests = requests.subarray(size)
      if (frame[4] === requestIdentities || frame[4] === signRequest) {
        asked = true
        wires.toAgent(frame)
      } else wires.toClient(refusal)
    }
  }

  return {
    fromClient: (chunk) => {
      requests = Buffer.concat([requests, chunk])
      // A client that goes on asking without waiting for answers.
      if (requests.length > 2 * longest) wires.fail()
      else goOn()
    },
    fromAgent: (chunk) => {
      answers = Buffer.concat([answers, chunk])
      const size = frameSize(answers)
      if (size === undefined) return
      if (size === 'bad' || !asked) {
        wires.fail()
        return
      }
      asked = false
      wires.toClient(answers.subarray(0, size))
      answers = answers.subarray(size)
      goOn()
    },
  }
}

/** Bytes of the first message with its length, when it is all there. */
const frameSize = (bytes: Buffer): number | 'bad' | undefined => {
  if (bytes.length < 4) return undefined
  const size = bytes.readUInt32BE(0)
  if (size === 0 || size > longest) return 'bad'
  return bytes.length < size + 4 ? undefined : size + 4
}
