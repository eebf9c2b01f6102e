import { chmodSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, ownedName } from '../../foundation/sys/index.ts'
import { VolumeError } from './errors.ts'
import type { Volume, VolumeWish } from './types.ts'

/** Docker's mark of a volume that nobody gave a name: scripts filter by it. */
export const anonymousLabel = 'com.docker.volume.anonymous'

/** Undefined when there is no such volume. Throws `volume-damaged`. */
export const readVolume = (directory: HostPath, name: string): Volume | undefined => {
  let text: string
  try {
    text = readFileSync(join(directory, 'volume.json'), 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    if (errnoOf(error) === 'EISDIR') throw damaged(directory, name, error)
    throw error
  }
  try {
    return parseRecord(JSON.parse(text), directory, name)
  } catch (error) {
    throw damaged(directory, name, error)
  }
}

const damaged = (directory: HostPath, name: string, cause: unknown): VolumeError =>
  new VolumeError('volume-damaged', `read volume ${name}: its record is none`, {
    cause,
    hint: `its files lie in ${join(directory, '_data')}; tsrun volume rm -f ${name} removes it with them`,
  })

/** Undefined also where the record cannot be read. */
export const readSound = (directory: HostPath, name: string): Volume | undefined => {
  try {
    return readVolume(directory, name)
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** Is the volume there, and its record unreadable? */
export const isDamaged = (directory: HostPath, name: string): boolean => {
  try {
    readVolume(directory, name)
    return false
  } catch (error) {
    if (isDamage(error)) return true
    throw error
  }
}

const isDamage = (error: unknown): boolean => error instanceof VolumeError && error.code === 'volume-damaged'

const parseRecord = (value: unknown, directory: HostPath, name: string): Volume => {
  if (typeof value !== 'object' || value === null || !('created' in value)) throw new TypeError('no record')
  const labels = textsOf('labels' in value ? value.labels : {})
  return {
    name,
    labels,
    options: textsOf('options' in value ? value.options : {}),
    created: String(value.created),
    anonymous: Object.hasOwn(labels, anonymousLabel),
    mountpoint: join(directory, '_data'),
  }
}

const textsOf = (value: unknown): Readonly<Record<string, string>> => {
  if (typeof value !== 'object' || value === null) throw new TypeError('no texts')
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]))
}

/** The whole directory appears under its name by one rename. */
export const makeVolume = (base: HostPath, wish: VolumeWish & { readonly name: string }): void => {
  const staged = join(base, `.new-${ownedName()}`)
  mkdirSync(join(staged, '_data'), { recursive: true, mode: 0o700 })
  // What the container sees; the umask has no say.
  chmodSync(join(staged, '_data'), 0o755)
  atomicWrite(
    join(staged, 'volume.json'),
    JSON.stringify({
      created: new Date(wish.now).toISOString(),
      labels: wish.labels ?? {},
      options: wish.options ?? {},
    }),
  )
  renameSync(staged, join(base, wish.name))
}
