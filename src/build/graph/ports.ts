const protocols = ['tcp', 'udp', 'sctp']

/** A port or range as EXPOSE takes it: `80`, `53/udp`, `8000-8010`, and docker's `8080:80`, of which only the last part counts. */
export const parsePorts = (text: string): readonly string[] | undefined => {
  const [ports = '', protocol = 'tcp', ...more] = text.split('/')
  const kind = protocol === '' ? 'tcp' : protocol.toLowerCase()
  if (more.length > 0 || !protocols.includes(kind)) return undefined
  const container = ports.slice(ports.lastIndexOf(':') + 1)
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(container)
  if (!match) return undefined
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  if (last > 65535 || first > last) return undefined
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${kind}`)
}
