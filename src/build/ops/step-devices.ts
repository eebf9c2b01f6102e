import { statSync } from 'node:fs'
import { AppError, suggest } from '../../foundation/errors/index.ts'
import type { HostPath, RuntimeDevice, RuntimeMount } from '../../foundation/oci/index.ts'
import type { ExecOp } from '../graph/index.ts'
import {
  bad,
  type CdiDevice,
  type Fields,
  kindGrammar,
  objectsIn,
  readCdiDevices,
  textsIn,
} from './cdi-specs.ts'

/** What the devices of a step add to it. */
export interface StepDevices {
  readonly devices: readonly (RuntimeDevice & { readonly access?: string })[]
  readonly mounts: readonly RuntimeMount[]
  readonly env: readonly string[]
}

/**
 * RUN --device: nodes, mounts and variables of CDI devices. A name is `vendor/class=device`; `vendor/class` is the first device of
 * the class, `=*` all, and any other name may be one that BuildKit's class annotation gives. Optional ones may be missing.
 * Throws `unknown-device`, `bad-device-spec`, and `unsupported-device` for specs with hooks: a hook runs on the host.
 */
export const stepDevices = async (
  wanted: ExecOp['devices'],
  directories: readonly HostPath[],
): Promise<StepDevices> => {
  const none = { devices: [], mounts: [], env: [] }
  if (!wanted || wanted.length === 0) return none
  const known = await readCdiDevices(directories)
  const chosen = new Set(wanted.flatMap(({ name, required }) => choose(name, required, known)))
  const edits = [...chosen].flatMap((device) => device.edits.map((fields) => ({ fields, file: device.file })))
  for (const { fields, file } of edits) refuseHooks(fields, file)
  return {
    devices: edits.flatMap(({ fields, file }) =>
      objectsIn(fields['deviceNodes']).map((node) => nodeOf(node, file)),
    ),
    mounts: edits.flatMap(({ fields, file }) =>
      objectsIn(fields['mounts']).map((mount) => mountOf(mount, file)),
    ),
    env: edits.flatMap(({ fields }) => textsIn(fields['env'])),
  }
}

const choose = (name: string, required: boolean, known: readonly CdiDevice[]): readonly CdiDevice[] => {
  const equals = name.indexOf('=')
  const kind = equals < 0 ? name : name.slice(0, equals)
  const device = equals < 0 ? '' : name.slice(equals + 1)
  if (!kindGrammar.test(kind)) throw unknown(name, known, 'expected vendor.com/class=device')
  const ofKind = known.filter((one) => one.kind === kind)
  const found =
    device === '' ? ofKind.slice(0, 1) : device === '*' ? ofKind : ofKind.filter((one) => one.name === name)
  if (found.length > 0) return found
  const byClass = ofKind.filter((one) => one.annotations['org.mobyproject.buildkit.device.class'] === device)
  if (byClass.length === 0 && required) throw unknown(name, known, 'no CDI spec of this machine has it')
  return byClass
}

const unknown = (name: string, known: readonly CdiDevice[], why: string): AppError => {
  const names = known.map((device) => device.name)
  const near = suggest(name, names)
  return new AppError('unknown-device', `use device ${name}: ${why}`, {
    hint: near
      ? `did you mean ${near}?`
      : names.length > 0
        ? `there are ${names.slice(0, 10).join(', ')}`
        : 'specs of devices lie in /etc/cdi and /var/run/cdi; there are none',
  })
}

const refuseHooks = (edits: Fields, file: HostPath): void => {
  if (objectsIn(edits['hooks']).length === 0) return
  throw new AppError(
    'unsupported-device',
    `use a device of ${file}: its spec has hooks, which run on the host`,
    {
      hint: 'only device nodes, mounts and variables are taken from specs',
    },
  )
}

/** What the spec leaves out is as it is on the host. */
const nodeOf = (node: Fields, file: HostPath): RuntimeDevice & { readonly access?: string } => {
  const path = node['path']
  if (typeof path !== 'string' || !path.startsWith('/')) throw bad(file, 'a device node has no absolute path')
  const host = typeof node['hostPath'] === 'string' ? node['hostPath'] : path
  const type = node['type']
  const numbers: Pick<RuntimeDevice, 'type' | 'major' | 'minor' | 'fileMode'> =
    (type === 'c' || type === 'u' || type === 'b' || type === 'p') && typeof node['major'] === 'number'
      ? { type, major: node['major'], minor: numberOf(node['minor']) ?? 0 }
      : hostNumbers(host, file)
  const [fileMode, uid, gid] = [numberOf(node['fileMode']), numberOf(node['uid']), numberOf(node['gid'])]
  const access = node['permissions']
  return {
    path,
    ...numbers,
    ...(fileMode === undefined ? {} : { fileMode: fileMode & 0o7777 }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(typeof access === 'string' && /^[rwm]{1,3}$/.test(access) ? { access } : {}),
  }
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined

const hostNumbers = (
  path: HostPath,
  file: HostPath,
): Pick<RuntimeDevice, 'type' | 'major' | 'minor' | 'fileMode'> => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isCharacterDevice() && !stat?.isBlockDevice())
    throw bad(file, `${path} of this machine is no device`)
  return {
    type: stat.isBlockDevice() ? 'b' : 'c',
    // The encoding of dev_t (sysmacros.h).
    major: (stat.rdev >>> 8) & 0xfff,
    minor: (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00),
    fileMode: stat.mode & 0o7777,
  }
}

const mountOf = (mount: Fields, file: HostPath): RuntimeMount => {
  const { hostPath, containerPath } = mount
  if (typeof hostPath !== 'string' || typeof containerPath !== 'string' || !hostPath.startsWith('/'))
    throw bad(file, 'a mount has no absolute hostPath, or no containerPath')
  const options = textsIn(mount['options'])
  const isBind = options.some((option) => option === 'bind' || option === 'rbind')
  return {
    destination: containerPath,
    type: 'bind',
    source: hostPath,
    options: [...(isBind ? [] : ['rbind']), 'rprivate', ...options],
  }
}
