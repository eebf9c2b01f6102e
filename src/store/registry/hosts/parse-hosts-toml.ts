import type { HostPath } from '../../../foundation/oci/index.ts'
import type { Capability } from '../types.ts'
import { badHostsFile } from './bad-hosts-file.ts'
import { isTable, parseToml, type Table, tableReader } from './read-toml.ts'

/** One server of a hosts.toml. Files are named as written: relative to the file's directory. */
export interface HostEntry {
  readonly scheme: 'https' | 'http' | undefined
  /** `host` or `host:port`. */
  readonly host: string
  /** As written, without a slash at the end; '' when there is none. */
  readonly path: string
  readonly overridePath: boolean
  readonly capabilities: ReadonlySet<Capability>
  readonly caFiles: readonly string[]
  /** Certificate and key; the key is in the same file when it is absent. */
  readonly clientFiles: readonly (readonly [cert: string, key?: string])[]
  readonly skipVerify: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface HostsToml {
  /** Tried in this order. */
  readonly hosts: readonly HostEntry[]
  /** The registry itself; absent: where its name says. */
  readonly server?: HostEntry
}

/** containerd's hosts.toml: `server`, and tables `host."URL"`, in the order in which they stand. Throws `bad-hosts-file`. */
export const parseHostsToml = (path: HostPath, text: string): HostsToml => {
  const document = parseToml(path, text)
  const { text: textAt, table } = tableReader(path, document)
  const server = textAt('server')
  const hosts = Object.entries(table('host')).map(([url, value]) => {
    if (!isTable(value)) throw badHostsFile(path, `host ${JSON.stringify(url)}: expected a table`)
    return parseEntry(path, url, value)
  })
  return { hosts, ...(server === undefined ? {} : { server: parseEntry(path, server, document) }) }
}

const parseEntry = (path: HostPath, url: string, table: Table): HostEntry => {
  const read = tableReader(path, table, `host ${JSON.stringify(url)}: `)
  const capabilities = read.strings('capabilities')
  return {
    ...parseAddress(path, url),
    overridePath: read.flag('override_path'),
    capabilities: new Set(table['capabilities'] === undefined ? all : capabilities.filter(isCapability)),
    caFiles: read.strings('ca'),
    clientFiles: parseClient(path, url, table['client']),
    skipVerify: read.flag('skip_verify'),
    headers: parseHeaders(path, read.table('header')),
  }
}

const all: readonly Capability[] = ['resolve', 'pull', 'push']

/** Others (referrers) are not ours to use. */
const isCapability = (word: string): word is Capability => all.some((known) => known === word)

/** `https://host:port/path`, or without the scheme. */
const parseAddress = (path: HostPath, text: string): Pick<HostEntry, 'scheme' | 'host' | 'path'> => {
  const scheme = /^(https?):\/\//i.exec(text)?.[1]?.toLowerCase()
  let url: URL
  try {
    if (scheme === undefined && text.includes('://')) throw new Error('another scheme')
    url = new URL(scheme === undefined ? `https://${text}` : text)
  } catch {
    throw badHostsFile(path, `${JSON.stringify(text)} is not a URL of a host`)
  }
  if (url.username !== '' || url.password !== '')
    throw badHostsFile(path, 'a host has a user in its URL; credentials belong in config.json')
  if (!/^https?:$/.test(url.protocol) || url.host === '' || url.search !== '' || url.hash !== '')
    throw badHostsFile(path, `${JSON.stringify(text)}: expected https://HOST[:PORT][/PATH]`)
  return {
    scheme: scheme === undefined ? undefined : scheme === 'http' ? 'http' : 'https',
    host: url.host,
    path: url.pathname.replace(/\/+$/, ''),
  }
}

/** A file, a list of files, or a list of pairs of certificate and key. */
const parseClient = (path: HostPath, url: string, value: unknown): HostEntry['clientFiles'] => {
  const list: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
  return list.map((item) => {
    if (typeof item === 'string') return [item]
    const [cert, key, ...more]: readonly unknown[] = Array.isArray(item) ? item : []
    if (typeof cert !== 'string' || (key !== undefined && typeof key !== 'string') || more.length > 0)
      throw badHostsFile(path, `host ${JSON.stringify(url)}: client: expected files, or pairs of files`)
    return key === undefined || key === '' ? [cert] : [cert, key]
  })
}

const parseHeaders = (path: HostPath, table: Table): Readonly<Record<string, string>> => {
  const read = tableReader(path, table, 'header ')
  return Object.fromEntries(
    Object.keys(table).map((name) => {
      const value = read.strings(name).join(', ')
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(value))
        throw badHostsFile(path, `header ${JSON.stringify(name)}: it cannot be sent`)
      return [name, value]
    }),
  )
}
