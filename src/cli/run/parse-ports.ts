import { isIP } from 'node:net'
import type { PortMapping } from '../../engine/index.ts'
import { usage } from './parse-verb.ts'

/** The most ports that one -p may name. */
const rangeLimit = 1024

/** -p `[[IP:]HOSTPORT:]PORT[/tcp|udp]`; ports may be ranges of the same length. A host port that is absent or 0 lets the kernel choose. Throws `usage`. */
export const parsePublish = (text: string): readonly PortMapping[] => {
  const bad = (why: string): never => {
    throw usage(
      'run',
      `-p ${JSON.stringify(text)}: ${why}`,
      'write [ADDRESS:]HOSTPORT:PORT, for example 8080:80',
    )
  }
  const [mapping = '', protocol = 'tcp', ...more] = text.split('/')
  if (more.length > 0 || (protocol !== 'tcp' && protocol !== 'udp')) return bad('the protocol is tcp or udp')
  const match = /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?([\d-]*):)?([\d-]+)$/.exec(mapping)
  if (!match) return bad('expected ports')
  const address = (match[1] ?? '').replace(/^\[|\]$/g, '')
  if (address !== '' && isIP(address) === 0) return bad(`${address} is not an IP address`)
  const inside = parseRange(match[3] ?? '')
  const outside = match[2] && match[2] !== '0' ? parseRange(match[2]) : undefined
  if (!inside || (match[2] && match[2] !== '0' && !outside)) return bad('ports are 1 to 65535')
  if (inside.length > rangeLimit) return bad(`at most ${rangeLimit} ports in a range`)
  if (outside && outside.length !== inside.length) return bad('the ranges differ in length')
  return inside.map((containerPort, index) => ({
    protocol,
    ...(address === '' ? {} : { hostAddress: address }),
    hostPort: outside?.[index] ?? 0,
    containerPort,
  }))
}

/** --expose `PORT[-PORT][/PROTOCOL]` as keys of ExposedPorts. Throws `usage`. */
export const parseExpose = (text: string): readonly string[] => {
  const [ports = '', protocol = 'tcp'] = text.split('/')
  const range = parseRange(ports)
  if (range && (protocol === 'tcp' || protocol === 'udp')) return range.map((port) => `${port}/${protocol}`)
  throw usage('run', `--expose ${JSON.stringify(text)}: expected PORT or PORT/udp`)
}

const parseRange = (text: string): readonly number[] | undefined => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  if (first < 1 || last > 65535 || last < first) return undefined
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
