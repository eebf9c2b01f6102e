import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { reverseName } from './cidr.ts'
import type { LeaseOwner } from './types.ts'

/** The most bytes of a file's name that a name and its value may have. */
const longest = 250

/** What a name server is asked for, as a file of `names/`: the name in lower case, `@`, and an address or another name. */
export const nameEntry = (name: string, value: string): string | undefined => {
  const entry = `${name.toLowerCase()}@${value.toLowerCase()}`
  return /^[a-z0-9_]([a-z0-9._-]*)@[a-z0-9._:-]+$/.test(entry) && entry.length <= longest ? entry : undefined
}

export interface NameWish {
  /** Name, aliases, short id; the first one is the answer for its addresses. */
  readonly names: readonly string[]
  readonly network: string
  readonly addresses: readonly string[]
}

/** All entries for one container on one network: names with and without the network's, and addresses backwards. */
export const nameEntries = ({ names, network, addresses }: NameWish): readonly string[] => {
  const forward = addresses.flatMap((address) =>
    names.flatMap((name) => [nameEntry(name, address), nameEntry(`${name}.${network}`, address)]),
  )
  const backward = addresses.map((address) =>
    nameEntry(reverseName(address) ?? '', `${names[0] ?? ''}.${network}`),
  )
  return [...new Set([...forward, ...backward])].filter((entry) => entry !== undefined)
}

/** Makes the entries; they are leases of their owner, as addresses are. Gives their paths. */
export const publishNames = (dir: HostPath, wish: NameWish, owner: LeaseOwner): readonly HostPath[] => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const text = JSON.stringify(owner)
  // The addresses are this owner's, so whatever is there was left by one before it.
  return nameEntries(wish).map((entry) => {
    const path = join(dir, entry)
    atomicWrite(path, text)
    return path
  })
}
