import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { ensureBridge } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, atomicWrite, bootId } from '../../foundation/sys/index.ts'
import { gatewayOf } from './ipv4.ts'
import { parseRoutes } from './routes.ts'
import { chooseSubnet } from './subnet.ts'
import type { Bridge, Subnet } from './types.ts'

/** The run directory whose bridge is called `tsb0`; others have a bridge of their own. */
const defaultRunDir = '/run/tsbuild'

/** Where the network room keeps its state below a run directory. */
export const networkDir = (runDir: HostPath): HostPath => join(runDir, 'net')

/**
 * The bridge of a run directory, made if there is none: at first use after a boot a free private subnet is chosen
 * and written down. Throws `no-free-subnet`, or the helper's error when it may not make interfaces.
 */
export const openBridge = async (runDir: HostPath): Promise<Bridge> => {
  const dir = networkDir(runDir)
  const known = readBridge(dir)
  if (known) return known
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const lock = await acquireLock(join(dir, 'bridge.lock'))
  try {
    const made = readBridge(dir)
    if (made) return made
    const bridge = chooseBridge(runDir)
    await ensureBridge({ name: bridge.name, addresses: [`${bridge.gateway}/${bridge.prefix}`] })
    atomicWrite(join(dir, 'bridge.json'), JSON.stringify({ ...bridge, bootId: bootId() }))
    return bridge
  } finally {
    lock.release()
  }
}

/** What was written down, if it is of this boot and the interface is there still. */
export const readBridge = (dir: HostPath): Bridge | undefined => {
  try {
    const { bootId: boot, ...bridge } = JSON.parse(
      readFileSync(join(dir, 'bridge.json'), 'utf8'),
    ) as Bridge & {
      bootId: string
    }
    if (boot !== bootId()) return undefined
    readFileSync(`/sys/class/net/${bridge.name}/ifindex`)
    return bridge
  } catch {
    return undefined
  }
}

const chooseBridge = (runDir: HostPath): Bridge => {
  const seed = runDir === defaultRunDir ? undefined : createHash('sha256').update(runDir).digest()
  const name = seed === undefined ? 'tsb0' : `tsb${seed.toString('hex', 0, 4)}`
  const routes = parseRoutes(readFileSync('/proc/net/route', 'utf8'), name)
  const subnet = subnetOfInterface(name) ?? chooseSubnet(routes, seed?.readUInt32BE(4))
  return { ...subnet, name, gateway: gatewayOf(subnet) }
}

/** The subnet of a bridge that is there although nothing was written down. */
const subnetOfInterface = (name: string): Subnet | undefined => {
  const address = networkInterfaces()[name]?.find((entry) => entry.family === 'IPv4')
  const [host, prefix] = address?.cidr?.split('/') ?? []
  // The gateway is always the first address: anything else was not made here.
  if (!host?.endsWith('.1') || prefix === undefined) return undefined
  return { network: `${host.slice(0, -2)}.0`, prefix: Number(prefix) }
}
