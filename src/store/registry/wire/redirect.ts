import { RegistryError } from '../errors.ts'

const statuses = new Set([301, 302, 303, 307, 308])

export const isRedirect = (status: number): boolean => statuses.has(status)

/** Where an answer sends us. From TLS to plain http, and to anything but http, is refused. Queries may hold signatures: they are never shown. */
export const nextUrl = (from: URL, location: string | undefined, doing: string): URL => {
  let next: URL
  try {
    next = new URL(location ?? '', from)
  } catch {
    throw new RegistryError(
      'registry-protocol',
      `${doing}: ${from.host} redirects to something that is no URL`,
    )
  }
  if (location === undefined || location === '')
    throw new RegistryError(
      'registry-protocol',
      `${doing}: ${from.host} does not say where to go on (Location)`,
    )
  if (next.protocol !== 'https:' && (next.protocol !== 'http:' || from.protocol === 'https:'))
    throw new RegistryError(
      'registry-refused',
      `${doing}: ${from.host} leads to ${next.protocol}//${next.host}, only https is followed`,
    )
  // Credentials in a redirect are the server's idea, not the user's.
  next.username = ''
  next.password = ''
  return next
}
