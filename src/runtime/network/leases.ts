import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAlive, type ProcessIdentity, randomHex, tryLock } from '../../foundation/sys/index.ts'
import { addressesFrom } from './ipv4.ts'
import type { AddressLease, LeaseOwner, Subnet } from './types.ts'

/** Milliseconds between two looks at leases of dead owners. */
const sweepInterval = 30_000
/** .0 is the network, .1 the gateway. */
const firstIndex = 2

/**
 * Takes the lowest free address of the subnet. One file per address in `dir`, linked into place, so that of several
 * processes one gets it. Throws `no-free-address`.
 */
export const claimAddress = (dir: HostPath, subnet: Subnet, owner: LeaseOwner): AddressLease => {
  const lease = claimFirst(dir, () => addressesFrom(subnet, firstIndex), owner)
  if (lease) return lease
  throw noFreeAddress(`${subnet.network}/${subnet.prefix}`)
}

export const noFreeAddress = (subnet: string): AppError =>
  new AppError('no-free-address', `claim an address of ${subnet}: all are in use`, {
    exitCode: exitCode.engine,
    hint: 'remove containers that are no longer needed',
  })

/** Takes the first of the addresses that nobody holds; undefined when all are held by live owners. */
export const claimFirst = (
  dir: HostPath,
  addresses: () => Iterable<string>,
  owner: LeaseOwner,
): AddressLease | undefined => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const temp = join(dir, `.${randomHex(8)}`)
  writeFileSync(temp, JSON.stringify(owner), { mode: 0o600, flag: 'wx' })
  try {
    if (sweepIsDue(dir)) sweepLeases(dir, temp)
    const lease = linkFirstFree(dir, addresses(), temp)
    if (lease) return lease
    sweepLeases(dir, temp)
    return linkFirstFree(dir, addresses(), temp)
  } finally {
    rmSync(temp, { force: true })
  }
}

/** Gives an address back; one that is free already is no error. */
export const releaseAddress = (lease: AddressLease): void => rmSync(lease.path, { force: true })

/** Gives back what a container held whose monitor cannot do it any more; a lease that somebody else has by now stays. */
export const releaseAddressOf = (path: HostPath, containerDir: HostPath): void => {
  if (readJson<LeaseOwner>(path)?.containerDir === containerDir) rmSync(path, { force: true })
}

/** Removes the leases whose owners are dead, but for the file `except`. One process at a time, so that no lease is taken away after it was claimed anew. */
export const sweepLeases = (dir: HostPath, except?: HostPath): void => {
  using lock = tryLock(join(dir, '.lock'))
  if (!lock) return
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (path === except) continue
    if (isTemp(name) ? isLapsed(path) || isTorn(path) : !name.startsWith('.') && isLapsed(path))
      rmSync(path, { force: true })
  }
}

/** What a claim is written to before it is one: a killed command leaves it. */
const isTemp = (name: string): boolean => /^\.[0-9a-f]{16}(\.tmp)?$/.test(name)

/** Milliseconds that writing one may take. */
const grace = 60_000

/** Nobody has gone on with it for a while, and it does not say whose it is. */
const isTorn = (path: HostPath): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > grace && readJson(path) === undefined
}

/** Whether anybody alive holds an address of `dir`. */
export const isLeased = (dir: HostPath): boolean => {
  try {
    sweepLeases(dir)
    return readdirSync(dir).some((name) => !name.startsWith('.'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

const linkFirstFree = (
  dir: HostPath,
  addresses: Iterable<string>,
  temp: HostPath,
): AddressLease | undefined => {
  const taken = new Set(readdirSync(dir))
  for (const address of addresses) {
    if (taken.has(address)) continue
    const path = join(dir, address)
    try {
      linkSync(temp, path)
      return { address, path }
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
  return undefined
}

const sweepIsDue = (dir: HostPath): boolean => {
  const marker = join(dir, '.swept')
  const now = Date.now()
  try {
    if (now - statSync(marker).mtimeMs < sweepInterval) return false
    utimesSync(marker, now / 1000, now / 1000)
  } catch {
    writeFileSync(marker, '')
  }
  return true
}

const isLapsed = (path: HostPath): boolean => {
  const owner = readJson<LeaseOwner>(path)
  if (!owner) return false
  if (isAlive(owner.process)) return false
  if (owner.containerDir === undefined) return true
  const monitor = readJson<ProcessIdentity>(join(owner.containerDir, 'monitor'))
  return !monitor || !isAlive(monitor)
}

/** A lease is written whole before it is linked, so one that does not parse is gone or not ours. */
const readJson = <T>(path: HostPath): T | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}
