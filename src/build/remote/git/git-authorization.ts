import { decodedPart } from '../../../foundation/http/index.ts'
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
 * the header's value, a token becomes the password of a user whose name servers ignore. Without them, user and password of the URL.
 * Only for http and https.
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
  return headerOfUrl(remote, { protocol, host })
}

const headerOfUrl = (
  remote: string,
  { protocol, host }: { readonly protocol: string; readonly host: string },
): GitHeader | undefined => {
  const { username, password } = new URL(remote)
  if (username === '' && password === '') return undefined
  const pair = Buffer.from(`${decodedPart(username)}:${decodedPart(password)}`)
  return { scope: `${protocol}://${host}/`, header: `Authorization: basic ${pair.toString('base64')}` }
}

/**
 * What git is given: arguments can be read by everybody on the machine, and addresses end in files of the repository. Credentials go
 * as a header instead. Of ssh the user stays, since it is part of the address.
 */
export const remoteWithoutCredentials = (remote: string): string =>
  remote.replace(/^(https?:\/\/)[^/?#]*@/i, '$1').replace(/^(ssh:\/\/[^/?#:@]*):[^/?#@]*@/i, '$1@')
