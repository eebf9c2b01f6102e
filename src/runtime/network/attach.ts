import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { identify, randomHex } from '../../foundation/sys/index.ts'
import { networkDir, openBridge } from './bridge.ts'
import { macFor } from './ipv4.ts'
import { claimAddress, releaseAddress } from './leases.ts'
import type { BridgeAttachment } from './types.ts'

/**
 * An address on the default bridge for one container or one RUN step. The lease belongs to this process and, when
 * `containerDir` is given, then to the monitor of that container. Throws `no-free-address`, `no-free-subnet`.
 */
export const attachBridge = async (
  runDir: HostPath,
  options: { readonly containerDir?: HostPath } = {},
): Promise<BridgeAttachment> => {
  const self = identify()
  if (!self) throw new InternalError('identify this process')
  const bridge = await openBridge(runDir)
  const owner = options.containerDir === undefined ? {} : { containerDir: options.containerDir }
  const lease = claimAddress(join(networkDir(runDir), 'leases'), bridge, { process: self, ...owner })
  const { address } = lease
  const { gateway, prefix } = bridge
  return {
    network: {
      name: 'eth0',
      bridge: bridge.name,
      hostInterface: newHostInterface(),
      ipv4: { address, prefix, gateway },
      macAddress: macFor(address),
    },
    gateway,
    lease,
    release: () => releaseAddress(lease),
  }
}

/** A name for the host's end of a veth pair that nobody else has. */
export const newHostInterface = (): string => `tsv${randomHex(5)}`
