import { InternalError } from '../errors/index.ts'
import { spawnNativeSync } from './launch.ts'
import { NativeError } from './native-error.ts'
import { parseHelperEvent } from './status.ts'

export interface BridgeOptions {
  /** At most 15 characters. */
  readonly name: string
  /** The bridge's own address, the gateway of its containers: `10.88.0.1`. */
  readonly address: string
  readonly prefix: number
}

/**
 * Makes sure that the bridge exists, has the address and is up, that IPv4 is forwarded, and that what its subnet sends
 * out of other interfaces is masqueraded (table `ip tsbuild`; rules of others are not touched). Doing it again, and in
 * several processes at once, is fine. Throws `NativeError`.
 */
export const ensureBridge = async (options: BridgeOptions): Promise<void> =>
  runNet(['ensure-bridge', options.name, options.address, String(options.prefix)])

/** Removes the bridge and its rules; nothing happens when there is none. Throws `NativeError`. */
export const removeBridge = async (name: string): Promise<void> => runNet(['remove-bridge', name])

const runNet = (args: readonly string[]): void => {
  const result = spawnNativeSync('net', args)
  if (result.status === 0) return
  const line = result.stdout.toString('utf8').trim()
  if (line === '') {
    throw new InternalError(
      `run net ${args.join(' ')}: ${result.stderr.toString('utf8').trim()}`,
      result.error,
    )
  }
  const event = parseHelperEvent(line)
  if (event.event === 'error') throw new NativeError(event)
  throw new InternalError(`run net ${args.join(' ')}: ${line}`)
}
