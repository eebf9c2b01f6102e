import { AppError } from '../../foundation/errors/index.ts'
import { type Cidr, overlap } from './cidr.ts'

/** Docker's pools for networks that nobody chose a subnet for, without the one of its default bridge. */
const ipv4Pools = function* (): Generator<Cidr> {
  const cidr = (a: number, b: number, c: number, prefix: number): Cidr => ({
    family: 4,
    address: BigInt(a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8),
    prefix,
  })
  for (let second = 18; second < 32; second++) yield cidr(172, second, 0, 16)
  for (let third = 0; third < 256; third += 16) yield cidr(192, 168, third, 20)
}

/** The first of docker's pools that meets none of `taken`. Throws `no-free-subnet`. */
export const chooseIpv4 = (taken: readonly Cidr[]): Cidr => {
  for (const pool of ipv4Pools()) if (!taken.some((other) => overlap(other, pool))) return pool
  throw new AppError('no-free-subnet', 'choose a subnet: every private network of the pools is in use', {
    hint: 'remove networks that are no longer needed, or choose one with --subnet',
  })
}

/** A unique local /64 (RFC 4193): `random` gives 40 bits for its global id, until the network meets none of `taken`. */
export const chooseIpv6 = (taken: readonly Cidr[], random: () => bigint): Cidr => {
  for (;;) {
    const address = (0xfdn << 120n) | ((random() & 0xff_ffff_ffffn) << 80n)
    const cidr: Cidr = { family: 6, address, prefix: 64 }
    if (!taken.some((other) => overlap(other, cidr))) return cidr
  }
}
