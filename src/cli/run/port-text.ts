import type { PublishedPort } from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'

/** `0.0.0.0:8081`, `[::]:8081` */
export const addressAndPort = ({ hostAddress, hostPort }: PublishedPort): string =>
  `${hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress}:${hostPort}`

/** A port of a container that is not published. */
export interface ExposedPort {
  readonly containerPort: number
  readonly protocol: string
}

/** Ports that follow each other; `address` is where the same ones are published. */
interface Span {
  readonly address: string
  readonly protocol: string
  readonly first: number
  last: number
}

/**
 * `80-82/tcp, 0.0.0.0:8081->80/tcp, [::]:8081->80/tcp`, as docker's ps shows them: first those that are the same outside, in
 * spans, then each of the others.
 */
export const portsText = (exposed: readonly ExposedPort[], published: readonly PublishedPort[]): string => {
  const sorted = [
    ...exposed.map((port) => ({ ...port, hostAddress: '', hostPort: 0, mapping: '' })),
    ...published.map((port) => ({
      ...port,
      mapping:
        port.hostPort === port.containerPort
          ? ''
          : `${addressAndPort(port)}->${port.containerPort}/${port.protocol}`,
    })),
  ].toSorted(
    (a, b) =>
      a.containerPort - b.containerPort ||
      byCodeUnit(a.hostAddress, b.hostAddress) ||
      a.hostPort - b.hostPort ||
      byCodeUnit(a.protocol, b.protocol),
  )
  const spans: Span[] = []
  for (const { hostAddress: address, protocol, containerPort: port, mapping } of sorted) {
    if (mapping !== '') continue
    const open = spans.findLast((span) => span.address === address && span.protocol === protocol)
    if (open && port === open.last + 1) open.last = port
    else spans.push({ address, protocol, first: port, last: port })
  }
  return [...spans.map(spanText), ...sorted.flatMap(({ mapping }) => (mapping === '' ? [] : [mapping]))].join(
    ', ',
  )
}

const spanText = ({ address, protocol, first, last }: Span): string => {
  const ports = first === last ? String(first) : `${first}-${last}`
  const where = address.includes(':') ? `[${address}]` : address
  return `${where === '' ? ports : `${where}:${ports}->${ports}`}/${protocol}`
}
