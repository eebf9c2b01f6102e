import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { overlaps } from './ipv4.ts'
import type { Subnet } from './types.ts'

/** Private networks for the default bridge, in the order they are tried. */
const defaultSubnets = function* (): Generator<Subnet> {
  for (let second = 88; second < 128; second++) yield { network: `10.${second}.0.0`, prefix: 16 }
  for (let second = 31; second > 15; second--) yield { network: `172.${second}.0.0`, prefix: 16 }
  for (let third = 255; third >= 0; third--) yield { network: `192.168.${third}.0`, prefix: 24 }
}

/** Smaller networks for bridges of other run directories, starting at a place of their own so that two rarely meet. */
const extraSubnets = function* (seed: number): Generator<Subnet> {
  const count = 64 * 256
  for (let step = 0; step < count; step++) {
    const at = (seed + step) % count
    yield { network: `10.${128 + (at >> 8)}.${at & 255}.0`, prefix: 24 }
  }
}

/**
 * A private subnet that no route of the host covers. `seed` picks the place to start for bridges other than the
 * default one. Throws `no-free-subnet`.
 */
export const chooseSubnet = (routes: readonly Subnet[], seed?: number): Subnet => {
  for (const subnet of seed === undefined ? defaultSubnets() : extraSubnets(seed)) {
    if (!routes.some((route) => overlaps(route, subnet))) return subnet
  }
  throw new AppError(
    'no-free-subnet',
    'choose a subnet for the bridge: every private network is routed already',
    {
      exitCode: exitCode.engine,
      hint: 'use --network host or --network none',
    },
  )
}
