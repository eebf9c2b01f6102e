import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillBusyboxRoot } from '../support/busybox-root.ts'
import { rawTar } from '../support/hostile-tar.ts'
import { readLayer } from './read-image.ts'
import type { Layer } from './types.ts'

/** The image that the cases stand on: `FROM busybox`. */
export interface BaseImage {
  /** A docker archive that both builders load. */
  readonly archive: string
  /** Hex digits of the only layer's digest. */
  readonly diffId: string
  /** How many entries of history it has. */
  readonly history: number
  readonly layer: Layer
  /** Names for the contents that are in every image, by digest: the version of busybox is none of a case's business. */
  readonly known: ReadonlyMap<string, string>
}

export const baseName = 'busybox:latest'

const users = 'app:x:1000:1000:app:/home/app:/bin/sh\nweb:x:33:33::/var/www:/bin/false\n'
const groups = 'app:x:1000:\nweb:x:33:\nstaff:x:50:app\n'
const applets = [
  'base64',
  'chgrp',
  'gunzip',
  'gzip',
  'install',
  'ls',
  'awk',
  'nproc',
  'unlink',
  'diff',
  'cmp',
  'hexdump',
  'tac',
  'rev',
  'expand',
  'paste',
]

/** Busybox with three users, packed so that its bytes depend on the version of busybox only. */
export const makeBase = (directory: string, name: string = baseName): BaseImage => {
  const root = join(directory, 'base')
  mkdirSync(root, { recursive: true })
  fillBusyboxRoot(root)
  for (const mountPoint of ['dev', 'proc', 'sys']) mkdirSync(join(root, mountPoint))
  appendFileSync(join(root, 'etc/passwd'), users)
  appendFileSync(join(root, 'etc/group'), groups)
  for (const applet of applets) execFileSync('ln', ['-sfn', 'busybox', join(root, 'bin', applet)])
  symlinkSync('../bin', join(root, 'usr/bin'))
  chmodSync(root, 0o755)
  chmodSync(join(root, 'tmp'), 0o1777)
  const tar = join(directory, 'base-layer.tar')
  const fixed = ['--sort=name', '--numeric-owner', '--owner=0', '--group=0', '--mtime=2020-01-01 00:00:00Z']
  execFileSync('tar', ['-C', root, ...fixed, '--format=gnu', '-cf', tar, '.'])
  const body = readFileSync(tar)
  const diffId = createHash('sha256').update(body).digest('hex')
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: '2020-01-01T00:00:00Z',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['sh'],
    },
    history: [{ created: '2020-01-01T00:00:00Z', created_by: 'the base of the corpus' }],
    rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] },
  }
  const archive = join(directory, 'base.tar')
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]
  writeFileSync(
    archive,
    rawTar(
      { name: 'config.json', body: JSON.stringify(config) },
      { name: 'layer.tar', body },
      { name: 'manifest.json', body: JSON.stringify(manifest) },
    ),
  )
  const known = new Map([[String(readLayer(body).get('bin/busybox')?.digest), 'busybox']])
  return { archive, diffId, history: config.history.length, layer: readLayer(body, known), known }
}
