import { hostOf } from '../../source-url/index.ts'
import type { RemoteEnvironment } from '../types.ts'

/** A header for one server. */
export interface GitHeader {
  /** `https://host/` */
  readonly scope: string
  /** `Authorization: ...` */
  readonly header: string
}

/**
 * Of the secrets `GIT_AUTH_HEADER.<host>`, `GIT_AUTH_TOKEN.<host>`, `GIT_AUTH_HEADER`, `GIT_AUTH_TOKEN`, in this order: the first is
 * the header's value, a token becomes the password of a user whose name servers ignore. Only for http and https.
 */
export const gitHeaderFor = (remote: string, secret: RemoteEnvironment['secret']): GitHeader | undefined => {
  const protocol = /^(https?):\/\//i.exec(remote)?.[1]?.toLowerCase()
  if (protocol === undefined) return undefined
  const host = hostOf(remote)
  for (const name of [
    `GIT_AUTH_HEADER.${host}`,
    `GIT_AUTH_TOKEN.${host}`,
    'GIT_AUTH_HEADER',
    'GIT_AUTH_TOKEN',
  ]) {
    const value = secret(name)
    if (value === undefined) continue
    const text = Buffer.from(value)
      .toString('utf8')
      .trim()
      .replaceAll(/[\r\n\0]/g, '')
    const token = Buffer.from(`x-access-token:${text}`).toString('base64')
    return {
      scope: `${protocol}://${host}/`,
      header: `Authorization: ${name.startsWith('GIT_AUTH_TOKEN') ? `basic ${token}` : text}`,
    }
  }
  return undefined
}
