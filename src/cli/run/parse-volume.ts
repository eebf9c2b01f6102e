import { isAbsolute, resolve } from 'node:path'
import type { MountWish } from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { given } from './given.ts'
import { usage } from './parse-verb.ts'

/** Words of -v by what they say. Docker takes one of each kind. */
const kinds: Readonly<Record<string, string>> = {
  ro: 'access',
  rw: 'access',
  z: 'label',
  Z: 'label',
  nocopy: 'copy',
  consistent: 'consistency',
  cached: 'consistency',
  delegated: 'consistency',
  private: 'propagation',
  rprivate: 'propagation',
  shared: 'propagation',
  rshared: 'propagation',
  slave: 'propagation',
  rslave: 'propagation',
  idmap: 'ids',
  U: 'owner',
}

/** -v `[SOURCE:]PATH[:ro,...]`: a path of the host, the name of a volume, or a volume of the container's own. Throws `usage`, and `bad-volume` for what docker's daemon refuses, not its command line. */
export const parseVolume = (text: string, cwd: string): MountWish => {
  const said = `-v ${JSON.stringify(text)}`
  const bad = (why: string, hint?: string): never => {
    throw new AppError('bad-volume', `${said}: ${why}`, { exitCode: exitCode.engine, ...given('hint', hint) })
  }
  const parts = text.split(':')
  if (parts.includes('') || parts.length > 3)
    throw usage('run', `${said}: expected [SOURCE:]PATH[:ro]`, 'write HOSTPATH:PATH or NAME:PATH')
  const [first = '', second, mode = ''] = parts
  const destination = second ?? first
  if (!isAbsolute(destination))
    return bad('expected an absolute path in the container', `write /${destination}`)
  if (resolve(destination) === '/') return bad('the root cannot be a mount point')
  const words = mode === '' ? [] : mode.split(',')
  const meant = words.map((word) => (Object.hasOwn(kinds, word) ? kinds[word] : undefined))
  if (meant.includes(undefined) || new Set(meant).size < meant.length) return bad(`invalid mode ${mode}`)
  const readonly = words.includes('ro')
  const owners = {
    ...given('idmap', words.includes('idmap') || undefined),
    ...given('chown', words.includes('U') || undefined),
  }
  const propagation = words.find((word) => kinds[word] === 'propagation')
  if (second === undefined) return { kind: 'volume', destination, readonly: false, copy: true, mode: '' }
  if (isAbsolute(first) || first === '.' || first === '..' || /^\.{1,2}\//.test(first)) {
    if (words.includes('nocopy')) return bad('nocopy is for volumes')
    const source = resolve(cwd, first)
    const base = { kind: 'bind', source, destination, readonly, createSource: true, mode, ...owners } as const
    return propagation === undefined ? base : { ...base, propagation }
  }
  if (propagation !== undefined)
    return bad(`${propagation} is for paths of the host`, `for a directory write ./${first}`)
  const copy = !words.includes('nocopy')
  return {
    kind: 'volume',
    name: first,
    destination,
    readonly,
    copy,
    mode: mode === '' ? 'z' : mode,
    ...owners,
  }
}

/** Switches of mount(8) that docker takes for tmpfs, and fields with a value. */
const tmpfsWords =
  /^(?:(?:no)?(?:suid|dev|exec|atime|diratime)|ro|rw|(?:no)?relatime|(?:no)?strictatime|a?sync|dirsync|remount|defaults|r?(?:private|shared|slave|unbindable)|(?:size|mode|uid|gid|nr_inodes|nr_blocks|mpol)=.*)$/

/** Words that ask for what a new mount has or does anyway. */
const withoutEffect: ReadonlySet<string> = new Set(['norelatime', 'nostrictatime', 'remount', 'defaults'])

/** --tmpfs `PATH[:OPTIONS]`. Throws `usage`. */
export const parseTmpfs = (text: string): MountWish => {
  const colon = text.indexOf(':')
  const destination = colon < 0 ? text : text.slice(0, colon)
  if (!isAbsolute(destination) || resolve(destination) === '/')
    throw usage('run', `--tmpfs ${JSON.stringify(text)}: expected an absolute path other than /`)
  const words = colon < 0 ? [] : text.slice(colon + 1).split(',')
  const unknown = words.find((word) => word !== '' && !tmpfsWords.test(word))
  if (unknown !== undefined)
    throw usage('run', `--tmpfs ${JSON.stringify(text)}: unknown option ${JSON.stringify(unknown)}`)
  return {
    kind: 'tmpfs',
    destination,
    options: words.filter((word) => word !== '' && !withoutEffect.has(word)),
  }
}
