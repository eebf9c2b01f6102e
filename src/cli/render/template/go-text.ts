/** Lists and maps that are null in JSON print as empty ones: only pointers print as nothing. */
const nullLists =
  'Binds CapAdd CapDrop Cmd Dns DnsOptions DnsSearch Devices DeviceRequests DeviceCgroupRules Entrypoint Env ExecIDs ExtraHosts GroupAdd Links MaskedPaths Mounts OnBuild ReadonlyPaths SecurityOpt Ulimits VolumesFrom Aliases'.split(
    ' ',
  )

/** Members whose own members are names of the user's: one that is missing is no mistake of the template. */
const maps =
  'Annotations Attributes Config Data DriverOpts ExposedPorts Labels Networks Options PortBindings Ports StorageOpt Sysctls Tmpfs Volumes'.split(
    ' ',
  )

export const nilList: readonly unknown[] = Object.freeze([])
export const nilMap: Readonly<Record<string, unknown>> = Object.freeze({})

/** What a member that is null in JSON is to a template. */
export const nilOf = (name: string): unknown =>
  nullLists.includes(name) ? nilList : maps.includes(name) ? nilMap : null

export const isUsersMap = (name: string): boolean => maps.includes(name)

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members as Go visits those of a map: by name. */
export const sortedEntries = (
  value: Readonly<Record<string, unknown>>,
): readonly (readonly [string, unknown])[] => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))

/** A value as Go's fmt prints it: `[a b]`, `map[k:v]`, `<no value>`. */
export const goText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value === undefined) return '<no value>'
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isRecord(value)) return String(value)
  return `map[${sortedEntries(value)
    .map(([key, item]) => `${key}:${goText(item)}`)
    .join(' ')}]`
}

/** What `if` takes for false: nothing, zero, what is empty. */
export const isTrue = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length > 0
  if (isRecord(value)) return Object.keys(value).length > 0
  return Boolean(value)
}
