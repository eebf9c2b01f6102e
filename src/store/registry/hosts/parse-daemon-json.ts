import { BlockList, isIP } from 'node:net'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { badHostsFile } from './bad-hosts-file.ts'
import { isTable, type Table, tableReader } from './read-toml.ts'
import { hostnameOf } from './registry-name.ts'

/** A mirror of docker's own registry. */
export interface DaemonMirror {
  readonly scheme: 'https' | 'http'
  /** `host` or `host:port`. */
  readonly host: string
  /** Without a slash at the end; '' when there is none. */
  readonly path: string
}

/** What dockerd's configuration says of registries. */
export interface DaemonConfig {
  readonly mirrors: readonly DaemonMirror[]
  /** May `host[:port]` be spoken to without TLS, or with a certificate that nobody vouches for? */
  readonly isInsecure: (host: string) => boolean
}

/** `registry-mirrors` and `insecure-registries` of dockerd's daemon.json; all else is not read. Throws `bad-hosts-file`. */
export const parseDaemonJson = (path: HostPath, text: string): DaemonConfig => {
  const read = tableReader(path, parseDocument(path, text))
  const insecure = read.strings('insecure-registries').map((name) => name.replace(/^https?:\/\//i, ''))
  const networks = new BlockList()
  for (const name of insecure) addNetwork(path, networks, name)
  const names = new Set(insecure.map((name) => name.toLowerCase()))
  return {
    mirrors: read.strings('registry-mirrors').map((mirror) => parseMirror(path, mirror)),
    isInsecure: (host) => {
      const name = host.toLowerCase()
      const address = hostnameOf(name).replace(/^\[|\]$/g, '')
      const kind = isIP(address)
      return names.has(name) || (kind !== 0 && networks.check(address, kind === 6 ? 'ipv6' : 'ipv4'))
    },
  }
}

const parseDocument = (path: HostPath, text: string): Table => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badHostsFile(path, 'it is not JSON', error)
  }
  return isTable(value) ? value : badDocument(path)
}

const badDocument = (path: HostPath): never => {
  throw badHostsFile(path, 'expected an object')
}

/** `10.0.0.0/8`: of networks only addresses are looked up, never what a name stands for. */
const addNetwork = (path: HostPath, networks: BlockList, text: string): void => {
  const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? []
  const kind = isIP(address)
  if (kind === 0) {
    if (text.includes('/'))
      throw badHostsFile(path, `insecure-registries: ${JSON.stringify(text)} is no HOST[:PORT] or network`)
    return
  }
  if (Number(bits) > (kind === 6 ? 128 : 32))
    throw badHostsFile(path, `insecure-registries: ${JSON.stringify(text)} is no network`)
  networks.addSubnet(address, Number(bits), kind === 6 ? 'ipv6' : 'ipv4')
}

const parseMirror = (path: HostPath, text: string): DaemonMirror => {
  const wrong = (): never => {
    throw badHostsFile(path, `registry-mirrors: ${JSON.stringify(text)} is not https://HOST[:PORT][/PATH]`)
  }
  if (!URL.canParse(text)) return wrong()
  const { protocol, host, pathname, username, password, search, hash } = new URL(text)
  const scheme = protocol === 'https:' ? 'https' : protocol === 'http:' ? 'http' : wrong()
  if (host === '' || username !== '' || password !== '' || search !== '' || hash !== '') wrong()
  return { scheme, host, path: pathname.replace(/\/+$/, '') }
}
