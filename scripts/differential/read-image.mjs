import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { readLayer, readTar } from './read-tar.mjs'

/** Layers by the digest of their tar: two images mostly stand on the same ones. */
const layers = new Map()

const layerOf = (stored) => {
  const bytes = stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (!layers.has(digest)) layers.set(digest, readLayer(bytes))
  return { digest, entries: layers.get(digest) }
}

/** What `docker save` and `tsbuild save` write: the config, and the layers, bottom first. */
export const readImage = (path) => {
  const files = new Map()
  for (const { entry, content } of readTar(readFileSync(path))) files.set(entry.path, content)
  const file = (name) => {
    const content = files.get(name)
    if (!content) throw new Error(`${path}: there is no ${name}`)
    return content
  }
  const [manifest] = JSON.parse(file('manifest.json').toString())
  return {
    config: JSON.parse(file(manifest.Config).toString()),
    layers: (manifest.Layers ?? []).map((name) => layerOf(file(name))),
  }
}
