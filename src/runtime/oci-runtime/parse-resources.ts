import type { BlockRate, BlockWeight, RuntimeResources } from '../../foundation/oci/index.ts'
import { unsupported } from './errors.ts'
import type { Fields } from './fields.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** runtime-spec config-linux.md, Control groups: only what is said. Throws `invalid-spec` and `unsupported`. */
export const parseResources = (fields: Fields): Partial<RuntimeResources> => {
  refuseOthers(fields)
  const found: Mutable<Partial<RuntimeResources>> = {}
  if (fields.has('devices')) found.devices = fields.objects('devices').map(parseRule)
  const memory = fields.object('memory')
  if (memory) {
    found.memory = {
      ...numbers(memory, ['limit', 'reservation', 'swap', 'swappiness']),
      ...(memory.flag('disableOOMKiller') ? { disableOOMKiller: true } : {}),
    }
  }
  const cpu = fields.object('cpu')
  if (cpu) {
    const [cpus, mems] = [cpu.text('cpus'), cpu.text('mems')]
    found.cpu = {
      ...numbers(cpu, ['shares', 'quota', 'period']),
      ...(cpus ? { cpus } : {}),
      ...(mems ? { mems } : {}),
    }
  }
  const pids = fields.object('pids')?.number('limit')
  if (pids !== undefined) found.pids = { limit: pids }
  const blockIO = fields.object('blockIO')
  if (blockIO) found.blockIO = parseBlockIO(blockIO)
  const unified = fields.textMap('unified')
  if (unified) found.unified = unified
  return found
}

const numbers = <K extends string>(fields: Fields, keys: readonly K[]): Partial<Record<K, number>> => {
  const found: Partial<Record<K, number>> = {}
  for (const key of keys) {
    const value = fields.number(key)
    if (value !== undefined) found[key] = value
  }
  return found
}

const parseRule = (fields: Fields): RuntimeResources['devices'][number] => {
  const [type, access] = [fields.text('type'), fields.text('access')]
  // -1 is how Go writes "all"; absent means the same.
  const [major, minor] = [fields.number('major') ?? -1, fields.number('minor') ?? -1]
  return {
    allow: fields.flag('allow'),
    ...(type ? { type } : {}),
    ...(major >= 0 ? { major } : {}),
    ...(minor >= 0 ? { minor } : {}),
    ...(access ? { access } : {}),
  }
}

const parseBlockIO = (fields: Fields): NonNullable<RuntimeResources['blockIO']> => {
  const rates = (key: string): readonly BlockRate[] =>
    fields.objects(key).map((one) => ({ ...numberOf(one), rate: one.needNumber('rate') }))
  const weights = fields
    .objects('weightDevice')
    .map((one): BlockWeight => ({ ...numberOf(one), weight: one.number('weight') ?? 0 }))
  return {
    ...numbers(fields, ['weight']),
    weightDevice: weights.filter(({ weight }) => weight > 0),
    throttleReadBpsDevice: rates('throttleReadBpsDevice'),
    throttleWriteBpsDevice: rates('throttleWriteBpsDevice'),
    throttleReadIOPSDevice: rates('throttleReadIOPSDevice'),
    throttleWriteIOPSDevice: rates('throttleWriteIOPSDevice'),
  }
}

const numberOf = (fields: Fields): { readonly major: number; readonly minor: number } => ({
  major: fields.needNumber('major'),
  minor: fields.needNumber('minor'),
})

/** A limit that is asked for and not enforced would be worse than none. */
const refuseOthers = (fields: Fields): void => {
  const { where } = fields
  if (fields.objects('hugepageLimits').length > 0) throw unsupported(`${where}.hugepageLimits`)
  if ((fields.object('rdma')?.keys() ?? []).length > 0) throw unsupported(`${where}.rdma`)
  const network = fields.object('network')
  if (network?.number('classID') || (network?.objects('priorities').length ?? 0) > 0)
    throw unsupported(`${where}.network`)
  const cpu = fields.object('cpu')
  for (const key of ['realtimePeriod', 'realtimeRuntime', 'idle', 'burst'])
    if (cpu?.number(key)) throw unsupported(`${where}.cpu.${key}`)
}
