import { posix } from 'node:path'
import type { RuntimeMount } from '../../foundation/oci/index.ts'
import { invalidSpec, unsupported } from './errors.ts'
import { type Fields, fieldsOf } from './fields.ts'
import { parseLinux } from './parse-linux.ts'
import { parseProcess } from './parse-process.ts'
import { type BundleSpec, type Hook, type Hooks, hookMoments } from './types.ts'

/** config.json as text -> what is relied on. Throws `invalid-spec`, and `unsupported` for what this runtime does not do. */
export const parseSpec = (text: string): BundleSpec => {
  const fields = fieldsOf('', parseJson(text))
  const version = fields.needText('ociVersion')
  if (!/^1\.\d+\.\d+/.test(version)) throw invalidSpec('ociVersion', `expected 1.x.y, found ${version}`)
  for (const other of ['windows', 'solaris', 'vm', 'zos'])
    if (fields.has(other)) throw unsupported(`a bundle for ${other}`)
  const process = fields.object('process')
  if (process === undefined) throw invalidSpec('process', 'it is missing')
  const root = fields.object('root')
  if (root === undefined) throw invalidSpec('root', 'it is missing')
  const [hostname, domainname] = [fields.text('hostname'), fields.text('domainname')]
  const linux = parseLinux(fields.object('linux'))
  if ((hostname || domainname) && !linux.namespaces.some(({ type }) => type === 'uts'))
    throw invalidSpec('hostname', 'it needs a uts namespace')
  return {
    ociVersion: version,
    process: parseProcess(process),
    root: { path: root.needText('path'), readonly: root.flag('readonly') },
    ...(hostname ? { hostname } : {}),
    ...(domainname ? { domainname } : {}),
    mounts: fields.objects('mounts').map(parseMount),
    annotations: fields.textMap('annotations') ?? {},
    linux,
    hooks: parseHooks(fields.object('hooks')),
  }
}

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidSpec('document', error instanceof Error ? error.message : 'no JSON')
  }
}

const parseMount = (fields: Fields): RuntimeMount => {
  if (fields.has('uidMappings') || fields.has('gidMappings'))
    throw unsupported(`${fields.where}: an idmapped mount`)
  const options = fields.texts('options')
  const mapped = options.find((word) => word === 'idmap' || word === 'ridmap')
  if (mapped) throw unsupported(`${fields.where}: mount option ${mapped}`)
  const bind = options.some((word) => word === 'bind' || word === 'rbind')
  const type = bind ? 'bind' : (fields.text('type') ?? 'bind')
  return {
    destination: posix.resolve('/', fields.needText('destination')),
    type,
    source: fields.text('source') ?? (type === 'bind' ? '' : type),
    options,
  }
}

const parseHooks = (fields: Fields | undefined): Hooks => {
  const of = (moment: (typeof hookMoments)[number]): readonly Hook[] =>
    (fields?.objects(moment) ?? []).map((hook) => {
      const path = hook.needText('path')
      if (!path.startsWith('/')) throw invalidSpec(`${hook.where}.path`, 'expected an absolute path')
      const timeout = hook.number('timeout')
      if (timeout !== undefined && timeout <= 0)
        throw invalidSpec(`${hook.where}.timeout`, 'expected more than 0')
      return { path, args: hook.texts('args'), env: hook.texts('env'), timeout: Math.ceil(timeout ?? 0) }
    })
  const [prestart, createRuntime, createContainer, startContainer, poststart, poststop] = hookMoments.map(of)
  return {
    prestart: prestart ?? [],
    createRuntime: createRuntime ?? [],
    createContainer: createContainer ?? [],
    startContainer: startContainer ?? [],
    poststart: poststart ?? [],
    poststop: poststop ?? [],
  }
}
