import { isContainerId } from './container-id.ts'
import type { ContainerRecord } from './types.ts'

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'strings' | 'objects'

const ofRecord: Readonly<Record<string, Kind>> = {
  name: 'string',
  image: 'string',
  imageId: 'string',
  created: 'string',
  args: 'strings',
  stack: 'strings',
  options: 'object',
}

/** What every record has; members that came later are absent in older ones. */
const ofOptions: Readonly<Record<string, Kind>> = {
  config: 'object',
  user: 'string',
  resolvedUser: 'object',
  terminal: 'boolean',
  autoRemove: 'boolean',
  privileged: 'boolean',
  readonlyRoot: 'boolean',
  capAdd: 'strings',
  capDrop: 'strings',
  seccomp: 'object',
  mounts: 'objects',
  resources: 'object',
  rlimits: 'objects',
  network: 'string',
  ports: 'objects',
  extraHosts: 'objects',
  dns: 'strings',
  dnsSearch: 'strings',
  dnsOptions: 'strings',
}

/** Whether a JSON value has the shape of container.json: what damage or another program left is not trusted to be one. */
export const isContainerRecord = (value: unknown): value is ContainerRecord => {
  if (!isRecord(value) || typeof value['id'] !== 'string' || !isContainerId(value['id'])) return false
  return hasAll(value, ofRecord) && isRecord(value['options']) && hasAll(value['options'], ofOptions)
}

const hasAll = (value: Readonly<Record<string, unknown>>, kinds: Readonly<Record<string, Kind>>): boolean =>
  Object.entries(kinds).every(([key, kind]) => isKind(value[key], kind))

const isKind = (value: unknown, kind: Kind): boolean => {
  if (kind === 'object') return isRecord(value)
  if (kind === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string')
  if (kind === 'objects') return Array.isArray(value) && value.every(isRecord)
  return typeof value === kind
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
