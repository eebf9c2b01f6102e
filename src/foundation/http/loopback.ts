import { isIPv4 } from 'node:net'

/** Whether a URL's host is this machine itself: `localhost`, 127.0.0.0/8, `[::1]`. Names that merely look like it are not. */
export const isLoopback = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
