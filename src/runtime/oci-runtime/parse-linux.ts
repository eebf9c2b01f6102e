import type {
  NamespaceType,
  RuntimeDevice,
  RuntimeLinux,
  RuntimeResources,
  Seccomp,
  TimeOffset,
} from '../../foundation/oci/index.ts'
import { invalidSpec, unsupported } from './errors.ts'
import { type Fields, fieldsOf } from './fields.ts'
import { parseResources } from './parse-resources.ts'

const namespaceTypes: readonly NamespaceType[] = [
  'pid',
  'network',
  'mount',
  'ipc',
  'uts',
  'user',
  'cgroup',
  'time',
]

/** runtime-spec config-linux.md. Throws `invalid-spec` and `unsupported`. */
export const parseLinux = (given: Fields | undefined): RuntimeLinux => {
  const fields = given ?? fieldsOf('linux', {})
  refuseUnknownKinds(fields)
  const namespaces = fields.objects('namespaces').map(parseNamespace)
  const twice = namespaces.find((one, i) => namespaces.findIndex(({ type }) => type === one.type) !== i)
  if (twice) throw invalidSpec('linux.namespaces', `${twice.type} comes twice`)
  if (!namespaces.some(({ type }) => type === 'mount'))
    throw unsupported('a container without a mount namespace of its own')
  const seccomp = fields.object('seccomp')
  const sysctl = fields.textMap('sysctl')
  const cgroupsPath = fields.text('cgroupsPath')
  const rootfsPropagation = fields.text('rootfsPropagation')
  return {
    namespaces,
    ...(fields.has('uidMappings') ? { uidMappings: fields.objects('uidMappings').map(parseMapping) } : {}),
    ...(fields.has('gidMappings') ? { gidMappings: fields.objects('gidMappings').map(parseMapping) } : {}),
    ...timeOffsetsOf(fields.object('timeOffsets'), namespaces),
    devices: fields.objects('devices').map(parseDevice),
    resources: resourcesOf(fields.object('resources')),
    ...(seccomp ? { seccomp: parseSeccomp(seccomp) } : {}),
    maskedPaths: fields.texts('maskedPaths'),
    readonlyPaths: fields.texts('readonlyPaths'),
    ...(sysctl ? { sysctl } : {}),
    ...(cgroupsPath ? { cgroupsPath } : {}),
    ...(rootfsPropagation ? { rootfsPropagation: propagationOf(rootfsPropagation) } : {}),
  }
}

const resourcesOf = (fields: Fields | undefined): RuntimeResources => ({
  devices: [],
  ...(fields ? parseResources(fields) : {}),
})

const parseNamespace = (fields: Fields): RuntimeLinux['namespaces'][number] => {
  const name = fields.needText('type')
  const type = namespaceTypes.find((known) => known === name)
  const path = fields.text('path')
  if (type === undefined) throw invalidSpec(`${fields.where}.type`, `no such namespace: ${name}`)
  if (path && type === 'mount') throw unsupported(`joining a ${type} namespace by path`)
  if (path && !path.startsWith('/')) throw invalidSpec(`${fields.where}.path`, 'expected an absolute path')
  return { type, ...(path ? { path } : {}) }
}

/** Clocks can be set in a new time namespace only. */
const timeOffsetsOf = (
  fields: Fields | undefined,
  namespaces: RuntimeLinux['namespaces'],
): Pick<RuntimeLinux, 'timeOffsets'> => {
  if (!fields || fields.keys().length === 0) return {}
  if (!namespaces.some(({ type, path }) => type === 'time' && path === undefined))
    throw invalidSpec(fields.where, 'there is no new time namespace')
  const of = (clock: string): TimeOffset | undefined => {
    const offset = fields.object(clock)
    return offset && { secs: offset.number('secs') ?? 0, nanosecs: offset.number('nanosecs') ?? 0 }
  }
  const unknown = fields.keys().find((key) => key !== 'monotonic' && key !== 'boottime')
  if (unknown !== undefined) throw invalidSpec(`${fields.where}.${unknown}`, 'no such clock')
  const [monotonic, boottime] = [of('monotonic'), of('boottime')]
  return { timeOffsets: { ...(monotonic ? { monotonic } : {}), ...(boottime ? { boottime } : {}) } }
}

const parseMapping = (fields: Fields): { containerID: number; hostID: number; size: number } => ({
  containerID: fields.needNumber('containerID'),
  hostID: fields.needNumber('hostID'),
  size: fields.needNumber('size'),
})

const parseDevice = (fields: Fields): RuntimeDevice => {
  const name = fields.needText('type')
  const type = (['c', 'b', 'u', 'p'] as const).find((known) => known === name)
  if (type === undefined) throw invalidSpec(`${fields.where}.type`, `expected c, b, u or p, found ${name}`)
  const [fileMode, uid, gid] = [fields.number('fileMode'), fields.number('uid'), fields.number('gid')]
  return {
    path: fields.needText('path'),
    type,
    major: fields.number('major') ?? 0,
    minor: fields.number('minor') ?? 0,
    ...(fileMode === undefined ? {} : { fileMode }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  }
}

const parseSeccomp = (fields: Fields): Seccomp => {
  if (fields.has('listenerPath')) throw unsupported('linux.seccomp.listenerPath (SCMP_ACT_NOTIFY)')
  const defaultErrnoRet = fields.number('defaultErrnoRet')
  return {
    defaultAction: fields.needText('defaultAction'),
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    architectures: fields.texts('architectures'),
    syscalls: fields.objects('syscalls').map((rule) => {
      const errnoRet = rule.number('errnoRet')
      return {
        names: rule.texts('names'),
        action: rule.needText('action'),
        ...(errnoRet === undefined ? {} : { errnoRet }),
        args: rule.objects('args').map((arg) => ({
          index: arg.needNumber('index'),
          value: arg.number('value') ?? 0,
          valueTwo: arg.number('valueTwo') ?? 0,
          op: arg.needText('op'),
        })),
      }
    }),
  }
}

const propagationOf = (word: string): string => {
  if (/^r?(shared|slave|private|unbindable)$/.test(word)) return word
  throw invalidSpec('linux.rootfsPropagation', `expected shared, slave, private or unbindable, found ${word}`)
}

const refuseUnknownKinds = (fields: Fields): void => {
  if (fields.has('intelRdt')) throw unsupported('linux.intelRdt')
  if (fields.has('netDevices')) throw unsupported('linux.netDevices')
  if (fields.has('memoryPolicy')) throw unsupported('linux.memoryPolicy')
  const personality = fields.object('personality')
  if (personality && (personality.text('domain') ?? 'LINUX') !== 'LINUX')
    throw unsupported(`linux.personality ${personality.text('domain')}`)
}
