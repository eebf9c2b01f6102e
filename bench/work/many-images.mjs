import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../command.mjs'
import { runners } from '../tools/groups.mjs'

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** A tar with one small file: ustar (POSIX 1003.1-1988). */
const layerWith = (name, text) => {
  const header = Buffer.alloc(512)
  const octal = (value, at, length) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  header.write(name, 0)
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(text.length, 124, 12)
  octal(0, 136, 12)
  header.write('        0', 148)
  header.write('ustar\0' + '00', 257)
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return Buffer.concat([
    header,
    Buffer.from(text),
    Buffer.alloc((512 - (text.length % 512)) % 512),
    Buffer.alloc(1024),
  ])
}

/** A docker archive of so many images with a layer of their own each; all share their lowest layer. */
const archiveOf = async (lab, count) => {
  const directory = join(lab.inputs, 'images')
  mkdirSync(directory)
  const add = (suffix, bytes) => {
    const name = `${digestOf(bytes)}${suffix}`
    writeFileSync(join(directory, name), bytes)
    return name
  }
  const layer = (name, text) => {
    const bytes = layerWith(name, text)
    return { file: add('.tar', bytes), diffId: `sha256:${digestOf(bytes)}` }
  }
  const shared = layer('shared', 'in all of them\n')
  const manifest = Array.from({ length: count }, (_, i) => {
    const layers = [shared, layer(`own-${i}`, `in number ${i}\n`)]
    const config = {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Labels: { number: String(i) } },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    }
    return {
      Config: add('.json', Buffer.from(JSON.stringify(config))),
      RepoTags: [`bench-many:${i}`],
      Layers: layers.map(({ file }) => file),
    }
  })
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest))
  const archive = join(lab.inputs, 'images.tar')
  await must(['tar', '-C', directory, '--sort=name', '-cf', archive, '.'])
  return archive
}

/** A store with a thousand images: listed, measured, and emptied. */
export const manyImages = {
  name: 'many-images',
  tools: runners,
  needs: ['load', 'images', 'df', 'pruneImages'],
  bases: [],
  fresh: 'round',
  rounds: 1,
  rows: [
    { id: 'images-1000', title: 'list of 1,000 images' },
    { id: 'df-1000', title: 'sizes of all of them (`df`)' },
    { id: 'gc-1000', title: 'removal of 1,000 images that nobody uses (`prune -a`)' },
  ],
  prepare: (lab) => archiveOf(lab, lab.sizes.images),
  steps: [
    { command: (store, { input }) => store.load(input) },
    { row: 'images-1000', command: (store) => store.images() },
    { row: 'df-1000', command: (store) => store.df() },
    { row: 'gc-1000', command: (store) => store.pruneImages() },
  ],
}
