import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { BaseImage } from './base.ts'
import { isObject, objectOf } from './json.ts'
import { readTar, type TarMember } from './read-tar.ts'
import type { BuiltImage, Entry, JsonObject, Layer } from './types.ts'

const clean = (path: string): string =>
  path
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '')

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const day = 24 * 60 * 60

/** All that a build does not make is of 2020 or older. */
const timeOf = (mtime: number): number | 'now' => (mtime > Date.now() / 1000 - day ? 'now' : mtime)

/** Files that are copies of the base's busybox: another machine's is another version. */
const contentOf = (content: Buffer, known: ReadonlyMap<string, string>): Partial<Entry> => {
  const digest = sha256(content).slice(0, 16)
  const name = known.get(digest)
  return name ? { digest: name } : { size: content.length, digest }
}

const entryOf = (member: TarMember, names: readonly string[], known: ReadonlyMap<string, string>): Entry => ({
  type: member.type,
  mode: member.mode.toString(8).padStart(4, '0'),
  uid: member.uid,
  gid: member.gid,
  ...(member.type === 'file' ? contentOf(member.content, known) : {}),
  ...(member.type === 'symlink' ? { link: member.link } : {}),
  ...(member.device ? { device: member.device } : {}),
  ...(names.length > 1 ? { names: names.toSorted().join(' = ') } : {}),
  ...(Object.keys(member.xattrs).length > 0 ? { xattrs: member.xattrs } : {}),
  mtime: timeOf(member.mtime),
})

/**
 * Which of the names of a file is the first in the tar, and so no link, is left out: all of them are files. `known` names
 * contents by the start of their digest.
 */
export const readLayer = (bytes: Buffer, known: ReadonlyMap<string, string> = new Map()): Layer => {
  const first = new Map<string, string>()
  const names = new Map<string, string[]>()
  const members = new Map<string, TarMember>()
  for (const member of readTar(bytes)) {
    const path = clean(member.path)
    const linked = member.type === 'hardlink' ? clean(member.link) : path
    const original = first.get(linked) ?? linked
    first.set(path, original)
    if (member.type === 'hardlink') {
      const target = members.get(original)
      if (!target) throw new Error(`${path} is a link to ${linked}, which is not there`)
      members.set(path, target)
      names.get(original)?.push(path)
    } else {
      members.set(path, member)
      names.set(path, [path])
    }
  }
  return new Map(
    [...members]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, member]) => [path, entryOf(member, names.get(first.get(path) ?? path) ?? [], known)]),
  )
}

const gunzipped = (bytes: Buffer): Buffer =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes

const own = ['created', 'config', 'history', 'rootfs']
const omit = (object: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))

/**
 * Reads a docker archive (`-o type=docker`) and leaves away what `base` brought. `forbidden` are strings that must be in no
 * layer and no config.
 */
export const readImage = (path: string, base: BaseImage, forbidden: readonly string[] = []): BuiltImage => {
  const files = new Map([...readTar(readFileSync(path))].map((member) => [member.path, member.content]))
  const file = (name: string): Buffer => {
    const content = files.get(name)
    if (!content) throw new Error(`${path}: there is no ${name}`)
    return content
  }
  const manifests: unknown = JSON.parse(file('manifest.json').toString())
  const manifest = objectOf(Array.isArray(manifests) ? manifests[0] : undefined)
  const names = Array.isArray(manifest['Layers']) ? manifest['Layers'].map(String) : []
  const config = file(String(manifest['Config']))
  const layers = names.map((name) => gunzipped(file(name)))
  for (const bytes of [config, ...layers])
    for (const secret of forbidden)
      if (bytes.includes(secret)) throw new Error(`${path}: the image holds "${secret}"`)
  const onBase = layers[0] !== undefined && sha256(layers[0]) === base.diffId
  const image = objectOf(JSON.parse(config.toString()))
  const history = Array.isArray(image['history']) ? image['history'].filter(isObject) : []
  return {
    kind: 'built',
    onBase,
    image: omit(image, own),
    config: isObject(image['config']) ? image['config'] : {},
    history: history.slice(onBase ? base.history : 0).map((entry) => omit(entry, ['created'])),
    layers: layers.slice(onBase ? 1 : 0).map((bytes) => readLayer(bytes, base.known)),
  }
}
