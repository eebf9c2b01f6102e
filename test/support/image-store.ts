import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../../src/engine/store.ts'
import type { ContainerConfig } from '../../src/foundation/oci/index.ts'
import type { Image } from '../../src/store/image/index.ts'
import type { LayerAddition } from '../../src/store/layer/index.ts'
import type { LayerId } from '../../src/store/snapshot/index.ts'

/** A store in a directory of its own, gone with the test: `using scratch = scratchStore()`. */
export const scratchStore = (): Store & { readonly directory: string } & Disposable => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-images-'))
  return {
    ...openStore({ root: join(directory, 'store') }),
    directory,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** A layer entry with defaults that nobody would guess. */
export const entry = (path: string, over: Partial<LayerAddition> = {}): LayerAddition => ({
  kind: 'add',
  path,
  type: 'file',
  mode: 0o640,
  uid: 1234,
  gid: 4321,
  size: 0,
  mtime: 1_234_567_890,
  mtimeNsec: 0,
  ...over,
})

export const directory = (path: string, over: Partial<LayerAddition> = {}): LayerAddition =>
  entry(path, { type: 'directory', mode: 0o755, uid: 0, gid: 0, ...over })

const text = (content: string) => ({ kind: 'bytes', bytes: Buffer.from(content) }) as const

/** Two layers with about everything that a layer can hold; the second removes and replaces things of the first. */
export const richLayers = (store: Store): readonly LayerId[] => [
  store.snapshots.writeLayer((writer) => {
    writer.add(directory('', { mode: 0o755 }))
    writer.add(directory('bin'))
    writer.add(entry('bin/ping', { size: 4, mode: 0o755, xattrs: capability() }), text('ping'))
    writer.add(entry('bin/su', { size: 2, mode: 0o4755 }), text('su'))
    writer.add(directory('dev'))
    writer.add(entry('dev/null', { type: 'char', mode: 0o666, major: 1, minor: 3 }))
    writer.add(directory('etc'))
    writer.add(entry('etc/gone', { size: 4 }), text('gone'))
    writer.add(entry('etc/hosts', { size: 3, inode: 'h' }), text('old'))
    writer.add(entry('etc/hosts.link', { hardlink: 'etc/hosts', inode: 'h', size: 3 }))
    writer.add(directory('old', { opaque: false }))
    writer.add(entry('old/file', { size: 1 }), text('x'))
    writer.add(directory('tmp', { mode: 0o1777 }))
    writer.add(entry('tmp/pipe', { type: 'fifo' }))
  }),
  store.snapshots.writeLayer((writer) => {
    writer.add(directory('etc'))
    writer.add({ kind: 'whiteout', path: 'etc/gone' })
    writer.add(entry('etc/link', { type: 'symlink', linkName: '/etc/hosts', mode: 0o777 }))
    writer.add(directory('old', { opaque: true, mode: 0o700 }))
    writer.add(entry('old/\u00fcml\u00e4ut', { size: 3, uid: 3_000_000, gid: 3_000_001 }), text('new'))
  }),
]

/** security.capability, version 2: cap_net_raw=ep. */
const capability = (): ReadonlyMap<string, Uint8Array> =>
  new Map([['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')]])

/** An image of `richLayers`. */
export const richImage = (store: Store, config: ContainerConfig = {}): Promise<Image> =>
  store.images.create(
    {
      architecture: 'amd64',
      os: 'linux',
      created: '2026-11-22T01:02:03Z',
      config: { Env: ['PATH=/bin'], Cmd: ['/bin/ping'], Labels: { a: '1' }, ...config },
      history: [
        { created: '2026-11-22T01:00:00Z', created_by: 'COPY first' },
        { created: '2026-11-22T01:01:00Z', created_by: 'ENV A=1', empty_layer: true },
        { created: '2026-11-22T01:02:03Z', created_by: 'RUN second' },
      ],
    },
    richLayers(store),
    { sync: false },
  )
