const protocols = ['tcp', 'udp', 'sctp']

export type ParsedPorts =
  | {
      /** `80/tcp` */
      readonly ports: readonly string[]
      /** An address or a port of the host was written, which EXPOSE does nothing with. */
      readonly isMapping: boolean
      /** The protocol was not in lower case. */
      readonly isOtherCase: boolean
    }
  | { readonly problem: string }

/** A port or range as EXPOSE takes it: `80`, `53/udp`, `8000-8010`, and docker's `[[ADDRESS:]HOST:]8080`, of which only the last part counts. */
export const parsePorts = (text: string): ParsedPorts => {
  const parts = text.split(':')
  const container = parts.at(-1) ?? ''
  const host = parts.at(-2) ?? ''
  const address = parts.slice(0, -2).join(':')
  const slash = container.indexOf('/')
  const protocol = slash < 0 ? '' : container.slice(slash + 1)
  const kind = protocol === '' ? 'tcp' : protocol.toLowerCase()
  if (!protocols.includes(kind)) return { problem: `${JSON.stringify(protocol)} is no protocol` }
  if (address !== '' && !isAddress(address)) return { problem: `${JSON.stringify(address)} is no address` }
  const range = parseRange(slash < 0 ? container : container.slice(0, slash))
  if (!range) return { problem: 'it has no port' }
  const hostRange = host === '' ? range : parseRange(host)
  if (!hostRange) return { problem: `${JSON.stringify(host)} is no port` }
  const [first, last] = range
  if (last > first && hostRange[1] - hostRange[0] !== last - first)
    return { problem: 'its ranges have different lengths' }
  return {
    ports: Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${kind}`),
    isMapping: parts.length > 1,
    isOtherCase: protocol !== protocol.toLowerCase(),
  }
}

const isAddress = (text: string): boolean => {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (bare.includes(':')) return URL.canParse(`http://[${bare}]/`)
  const numbers = bare.split('.')
  return numbers.length === 4 && numbers.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

const parseRange = (text: string): readonly [first: number, last: number] | undefined => {
  const match = /^0*(\d{1,5})(?:-0*(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  return last > 65535 || first > last ? undefined : [first, last]
}
