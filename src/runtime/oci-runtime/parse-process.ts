import type { RuntimeProcess } from '../../foundation/oci/index.ts'
import { invalidSpec, unsupported } from './errors.ts'
import type { Fields } from './fields.ts'

const sets = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const

/** runtime-spec config.md, Process. Throws `invalid-spec` and `unsupported`. */
export const parseProcess = (fields: Fields): RuntimeProcess => {
  refuseUnknownKinds(fields)
  const args = fields.texts('args')
  if (args.length === 0) throw invalidSpec(`${fields.where}.args`, 'expected a program')
  const cwd = fields.needText('cwd')
  if (!cwd.startsWith('/')) throw invalidSpec(`${fields.where}.cwd`, 'expected an absolute path')
  const console = fields.object('consoleSize')
  const oomScoreAdj = fields.number('oomScoreAdj')
  return {
    terminal: fields.flag('terminal'),
    ...(console
      ? { consoleSize: { height: console.number('height') ?? 0, width: console.number('width') ?? 0 } }
      : {}),
    user: parseUser(fields.object('user')),
    args,
    env: fields.texts('env'),
    cwd,
    capabilities: parseCapabilities(fields.object('capabilities')),
    rlimits: fields.objects('rlimits').map((limit) => ({
      type: limit.needText('type'),
      soft: limit.needNumber('soft'),
      hard: limit.needNumber('hard'),
    })),
    noNewPrivileges: fields.flag('noNewPrivileges'),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
  }
}

const parseUser = (user: Fields | undefined): RuntimeProcess['user'] => {
  const umask = user?.number('umask')
  return {
    uid: user?.number('uid') ?? 0,
    gid: user?.number('gid') ?? 0,
    additionalGids: user?.numbers('additionalGids') ?? [],
    ...(umask === undefined ? {} : { umask }),
  }
}

/** Without any the process has none, as under runc. */
const parseCapabilities = (fields: Fields | undefined): RuntimeProcess['capabilities'] => {
  const [bounding, effective, permitted, inheritable, ambient] = sets.map((set) => fields?.texts(set) ?? [])
  return {
    bounding: bounding ?? [],
    effective: effective ?? [],
    permitted: permitted ?? [],
    inheritable: inheritable ?? [],
    ambient: ambient ?? [],
  }
}

const refuseUnknownKinds = (fields: Fields): void => {
  for (const key of ['ioPriority', 'scheduler', 'execCPUAffinity', 'commandLine'])
    if (fields.has(key)) throw unsupported(`${fields.where}.${key}`)
}
