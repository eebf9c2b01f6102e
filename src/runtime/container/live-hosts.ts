import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Endpoint } from '../network/index.ts'
import { stateFile } from './state-files.ts'
import type { Container } from './types.ts'

/** The container may write to its hosts file: what is larger than anybody needs is left alone. */
const longest = 1 << 20

/** Adds the addresses of a network, and those of links, to the hosts file of a running container. */
export const addHosts = (
  container: Container,
  endpoint: Endpoint,
  links: readonly { readonly name: string; readonly address: string }[] = [],
): void =>
  edit(container, (text) => {
    const own = addressesOf(endpoint).map((address) => ({ name: container.record.options.hostname, address }))
    const lines = [...links, ...own].map(({ name, address }) => `${address}\t${name}\n`)
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${lines.join('')}`
  })

/** Removes them. */
export const removeHosts = (container: Container, endpoint: Endpoint): void => {
  const gone = new Set(addressesOf(endpoint))
  edit(container, (text) =>
    text
      .split('\n')
      .filter((line) => !gone.has(line.split(/\s/)[0] ?? ''))
      .join('\n'),
  )
}

/** In place: the file is bound into the container. */
const edit = ({ dir }: Container, change: (text: string) => string): void => {
  const path = join(dir, stateFile.hosts)
  if (statSync(path).size <= longest) writeFileSync(path, change(readFileSync(path, 'utf8')))
}

const addressesOf = ({ interface: one }: Endpoint): readonly string[] =>
  [one.ipv4, one.ipv6].flatMap((address) => (address ? [address.address] : []))
