import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type RawMember, rawTar } from '../hostile-tar.ts'
import { type Outcome, tsbuild } from './rig.ts'

/** Archives of images, made by hand: every part can lie. */

export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')
export const json = (value: unknown): string => JSON.stringify(value)
export const link = (name: string, target: string): RawMember => ({ name, type: '2', link: target })
export const hard = (name: string, target: string): RawMember => ({ name, type: '1', link: target })
export const directory = (name: string): RawMember => ({ name: `${name}/`, type: '5', mode: 0o755 })
export const busybox: readonly RawMember[] = [
  directory('bin'),
  { name: 'bin/busybox', mode: 0o755, body: readFileSync('/bin/busybox') },
  ...['sh', 'ls', 'cat', 'find', 'stat', 'rm'].map((name) => link(`bin/${name}`, 'busybox')),
]

export interface ArchiveParts {
  readonly layers: readonly Buffer[]
  readonly name?: string
  readonly config?: (config: Record<string, unknown>) => unknown
  readonly rawConfig?: string
  readonly manifest?: unknown
  readonly extra?: readonly RawMember[]
}

/** A docker archive: manifest.json, a config, layers. */
export const dockerArchive = ({
  layers,
  name,
  config,
  rawConfig,
  manifest,
  extra = [],
}: ArchiveParts): Buffer => {
  const plain = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
  }
  const text = rawConfig ?? json(config ? config(plain) : plain)
  const files = layers.map((body, i) => ({ name: `layer${i}.tar`, body }))
  const entries = manifest ?? [
    { Config: 'config.json', RepoTags: [`${name}:latest`], Layers: files.map((file) => file.name) },
  ]
  return rawTar({ name: 'config.json', body: text }, ...files, ...extra, {
    name: 'manifest.json',
    body: json(entries),
  })
}

export const load = async (archive: Buffer): Promise<Outcome> => tsbuild(['load'], { input: archive })
