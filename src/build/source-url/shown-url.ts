const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)/

/** A URL for people: no user, no password, and nothing of the query or fragment, which often hold signatures. */
export const shownUrl = (url: string): string => {
  const [whole, protocol = '', authority = '', path = ''] = scheme.exec(url) ?? []
  if (whole === undefined) return withoutControls(url)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const query = /^[^#]*\?./.test(url) ? '?...' : ''
  return withoutControls(`${protocol}${host}${path}${query}`)
}

/** `host[:port]` of a URL or of `user@host:path`, lower case; '' when there is none. */
export const hostOf = (url: string): string => {
  const authority = scheme.exec(url)?.[2] ?? /^([^/@]+@[^/:]+):/.exec(url)?.[1] ?? ''
  return authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()
}

const withoutControls = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?')
