import type { PublishedPort } from '../../engine/index.ts'

/** `0.0.0.0:8081`, `[::]:8081` */
export const addressAndPort = ({ hostAddress, hostPort }: PublishedPort): string =>
  `${hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress}:${hostPort}`

/** `0.0.0.0:8081->80/tcp, [::]:8081->80/tcp`, as docker's ps shows it. */
export const portsText = (ports: readonly PublishedPort[]): string =>
  ports.map((port) => `${addressAndPort(port)}->${port.containerPort}/${port.protocol}`).join(', ')
