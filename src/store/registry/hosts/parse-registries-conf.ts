import type { HostPath } from '../../../foundation/oci/index.ts'
import { badHostsFile } from './bad-hosts-file.ts'
import { parseToml, type Table, tableReader } from './read-toml.ts'

/** When a mirror of podman's registries.conf is asked. */
export type MirrorUse = 'all' | 'digest-only' | 'tag-only'

export interface ConfiguredMirror {
  /** `host[:port][/path]` that takes the place of the prefix. */
  readonly location: string
  readonly insecure: boolean
  readonly use: MirrorUse
}

export interface ConfiguredRegistry {
  /** `host[:port][/path]`, or `*.domain`. */
  readonly prefix: string
  readonly location: string
  readonly insecure: boolean
  readonly blocked: boolean
  readonly mirrors: readonly ConfiguredMirror[]
}

/** Version 2 of podman's registries.conf: its tables `registry`. Short names are docker's, whatever it says of them. Throws `bad-hosts-file`. */
export const parseRegistriesConf = (path: HostPath, text: string): readonly ConfiguredRegistry[] => {
  const document = parseToml(path, text)
  if ('registries' in document)
    throw badHostsFile(path, 'it is in version 1 of the format; expected tables [[registry]]')
  return tableReader(path, document)
    .tables('registry')
    .map((table) => parseRegistry(path, table))
}

const parseRegistry = (path: HostPath, table: Table): ConfiguredRegistry => {
  const read = tableReader(path, table, 'registry: ')
  const location = read.text('location')
  const prefix = read.text('prefix') ?? location
  if (prefix === undefined || prefix === '')
    throw badHostsFile(path, 'a registry has neither prefix nor location')
  const digestOnly = read.flag('mirror-by-digest-only')
  return {
    prefix: clean(path, prefix, true),
    // Of a wildcard without a location each host is its own.
    location: clean(path, location || prefix, prefix.startsWith('*.')),
    insecure: read.flag('insecure'),
    blocked: read.flag('blocked'),
    mirrors: read.tables('mirror').map((mirror) => parseMirror(path, mirror, digestOnly)),
  }
}

const parseMirror = (path: HostPath, table: Table, digestOnly: boolean): ConfiguredMirror => {
  const read = tableReader(path, table, 'mirror: ')
  const use = read.text('pull-from-mirror') ?? (digestOnly ? 'digest-only' : 'all')
  if (use !== 'all' && use !== 'digest-only' && use !== 'tag-only')
    throw badHostsFile(path, 'pull-from-mirror: expected all, digest-only or tag-only')
  return { location: clean(path, read.text('location') ?? '', false), insecure: read.flag('insecure'), use }
}

const grammar =
  /^[A-Za-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._/-]*)?$|^\[[0-9a-fA-F:]+\](?::\d+)?(?:\/[a-z0-9._/-]*)?$/

const clean = (path: HostPath, location: string, wildcard: boolean): string => {
  const text = location.replace(/\/+$/, '')
  const plain = wildcard && text.startsWith('*.') ? text.slice(2) : text
  if (!grammar.test(plain) || plain.includes('..'))
    throw badHostsFile(path, `${JSON.stringify(location)}: expected HOST[:PORT][/PATH]`)
  return text
}

/** The entry of the longest prefix that covers `host/repository`, and what of the name comes after the prefix. */
export const findConfigured = (
  entries: readonly ConfiguredRegistry[],
  registry: string,
  repository: string,
): { readonly entry: ConfiguredRegistry; readonly rest: string } | undefined => {
  const name = `${registry}/${repository}`
  let best: { readonly entry: ConfiguredRegistry; readonly rest: string } | undefined
  for (const entry of entries) {
    const rest = restOf(entry.prefix, registry, name)
    // Of equal ones the last: files that are read later say more.
    if (rest !== undefined && entry.prefix.length >= (best?.entry.prefix.length ?? 0)) best = { entry, rest }
  }
  return best
}

/** Whole components only: `example.com/foo` covers `example.com/foo/bar` and not `example.com/foobar`. */
const restOf = (prefix: string, registry: string, name: string): string | undefined => {
  if (prefix.startsWith('*.')) {
    const isBelow = registry.replace(/:\d+$/, '').endsWith(prefix.slice(1))
    return isBelow ? name.slice(registry.length) : undefined
  }
  return name === prefix || name.startsWith(`${prefix}/`) ? name.slice(prefix.length) : undefined
}
