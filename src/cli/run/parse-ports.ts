import { isIP } from 'node:net'
import type { PortMapping } from '../../engine/index.ts'
import { usage } from './parse-verb.ts'

/** The most ports that one -p may name. */
const rangeLimit = 1024

/**
 * -p `[[IP:]HOSTPORT:]PORT[/tcp|udp]`, or `published=HOSTPORT,target=PORT,protocol=tcp`; ports may be ranges of the same length,
 * and the host's a range for one port. A host port that is absent or 0 lets the kernel choose. Throws `usage`.
 */
export const parsePublish = (text: string): readonly PortMapping[] => {
  const bad: Refuse = (why) => {
    throw usage(
      'run',
      `-p ${JSON.stringify(text)}: ${why}`,
      'write [ADDRESS:]HOSTPORT:PORT, for example 8080:80',
    )
  }
  const [mapping = '', said = 'tcp', ...more] = (text.includes('=') ? plainForm(text, bad) : text).split('/')
  const protocol = said.toLowerCase()
  if (protocol === 'sctp') return bad('sctp is not passed on: only tcp and udp are')
  if (more.length > 0 || (protocol !== 'tcp' && protocol !== 'udp')) return bad('the protocol is tcp or udp')
  const match = /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?([\d-]*):)?([\d-]+)$/.exec(mapping)
  if (!match) return bad('expected ports')
  const address = (match[1] ?? '').replace(/^\[|\]$/g, '')
  if (address !== '' && isIP(address) === 0) return bad(`${address} is not an IP address`)
  const inside = parseRange(match[3] ?? '')
  const outside = match[2] && match[2] !== '0' ? parseRange(match[2]) : undefined
  if (!inside || (match[2] && match[2] !== '0' && !outside)) return bad('ports are 1 to 65535')
  if (inside.length > rangeLimit) return bad(`at most ${rangeLimit} ports in a range`)
  const choice = outside && inside.length === 1 && outside.length > 1 ? outside.at(-1) : undefined
  if (outside && choice === undefined && outside.length !== inside.length)
    return bad('the ranges differ in length')
  return inside.map((containerPort, index) => ({
    protocol,
    ...(address === '' ? {} : { hostAddress: address }),
    hostPort: outside?.[index] ?? 0,
    ...(choice === undefined ? {} : { lastHostPort: choice }),
    containerPort,
  }))
}

type Refuse = (why: string) => never

/** `published=8080,target=80,protocol=udp` as `8080:80/udp`. */
const plainForm = (text: string, bad: Refuse): string => {
  const fields = new Map<string, string>()
  for (const field of text.split(',')) {
    const [key = '', value = ''] = field.split('=', 2)
    if (!['mode', 'protocol', 'published', 'target'].includes(key) || value === '')
      return bad(`expected published, target, protocol and mode, found ${JSON.stringify(field)}`)
    fields.set(key, value)
  }
  const target = fields.get('target')
  if (target === undefined) return bad('target is missing')
  if (!['host', 'ingress'].includes(fields.get('mode') ?? 'host')) return bad('mode is host or ingress')
  return `${fields.get('published') ?? ''}:${target}/${fields.get('protocol') ?? 'tcp'}`
}

/** --expose `PORT[-PORT][/PROTOCOL]` as keys of ExposedPorts. Throws `usage`. */
export const parseExpose = (text: string): readonly string[] => {
  const [ports = '', said = 'tcp'] = text.split('/')
  const protocol = said.toLowerCase()
  const range = parseRange(ports)
  if (range && ['tcp', 'udp', 'sctp'].includes(protocol)) return range.map((port) => `${port}/${protocol}`)
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
