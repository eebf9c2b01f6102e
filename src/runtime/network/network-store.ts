import { join } from 'node:path'
import { suggest } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { digestOf, type HostPath, hexOf } from '../../foundation/oci/index.ts'
import { createRecordTable } from '../../store/records/index.ts'
import { NetworkError } from './errors.ts'
import { canonicalNetworkName, type NetworkRecord, predefinedNames } from './network-record.ts'

/** The networks of a store. Nothing is kept in memory between calls. */
export interface NetworkStore {
  /** Sorted by name; the predefined ones are among them. */
  list(): readonly NetworkRecord[]
  /** By name; undefined when there is none. */
  get(name: string): NetworkRecord | undefined
  /** By name, id, or a prefix of an id that only one has. Throws `no-such-network`, `ambiguous-network`. */
  find(text: string): NetworkRecord
  /** False when the name is taken. */
  add(record: NetworkRecord): boolean
  remove(record: NetworkRecord): void
}

export const openNetworkStore = (root: HostPath): NetworkStore => {
  const table = createRecordTable(join(root, 'records/networks'), parseRecord)
  const predefined = predefinedNames.map((name) => predefinedNetwork(root, name))
  const get = (name: string): NetworkRecord | undefined =>
    predefined.find((one) => one.name === canonicalNetworkName(name)) ?? table.get(name)
  const list = (): readonly NetworkRecord[] =>
    [...predefined, ...[...table.entries()].map(([, record]) => record)].toSorted((a, b) =>
      byCodeUnit(a.name, b.name),
    )
  return {
    list,
    get,
    find: (text) => get(text) ?? findById(text, list()),
    add: (record) => !get(record.name) && table.add(record.name, record),
    remove: (record) => {
      if (table.get(record.name)?.id === record.id) table.remove(record.name)
    },
  }
}

const findById = (text: string, all: readonly NetworkRecord[]): NetworkRecord => {
  const shown = JSON.stringify(text.slice(0, 200))
  const [only, ...others] = /^[0-9a-f]{1,64}$/.test(text) ? all.filter(({ id }) => id.startsWith(text)) : []
  if (others.length > 0) {
    throw new NetworkError('ambiguous-network', `find network ${shown}: several ids start with it`, {
      hint: 'give more digits of the id, or the name',
    })
  }
  if (only) return only
  const near = suggest(
    text,
    all.map(({ name }) => name),
  )
  throw new NetworkError('no-such-network', `find network ${shown}: no such network`, {
    hint:
      near === undefined
        ? `make it with: tsrun network create ${text.slice(0, 200)}`
        : `did you mean ${near}?`,
  })
}

const predefinedNetwork = (root: HostPath, name: (typeof predefinedNames)[number]): NetworkRecord => ({
  get id() {
    return predefinedId(root, name)
  },
  name,
  driver: name === 'none' ? 'null' : name,
  created: '0001-01-01T00:00:00Z',
  internal: false,
  attachable: false,
  ipv4: true,
  ipv6: false,
  labels: {},
  options: {},
  subnets: [],
})

/** Made up when it is asked for: most commands that look for a network by its name do not. */
const predefinedId = (root: HostPath, name: string): string => hexOf(digestOf(`network ${name}\0${root}`))

const parseRecord = (value: unknown): NetworkRecord => {
  if (typeof value === 'object' && value !== null && 'id' in value && 'name' in value && 'subnets' in value)
    return value as NetworkRecord
  throw new TypeError('not a network')
}
