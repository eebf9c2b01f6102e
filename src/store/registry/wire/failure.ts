import type { IncomingMessage } from 'node:http'
import { AppError, errnoOf } from '../../../foundation/errors/index.ts'
import { RegistryError, type RegistryErrorCode } from '../errors.ts'
import { readSmallBody } from './read-body.ts'

export interface FailureContext {
  /** `pull example.com/app:v1` */
  readonly doing: string
  /** Who answered. */
  readonly host: string
  readonly redact: (text: string) => string
  /** Whether credentials were there for it. */
  readonly hadCredential: boolean
  /** What its user logs in to. */
  readonly registry: string
}

/** What an answer that is an error means. Reads its body. */
export const failureOf = async (answer: IncomingMessage, context: FailureContext): Promise<RegistryError> => {
  const status = answer.statusCode ?? 0
  const errors = await errorsOf(answer)
  const said = errors.map(({ code, message }) => [code, message].filter((part) => part !== '').join(': '))
  const words = context
    .redact(said.join('; '))
    .replaceAll(/[^\x20-\x7e]/g, ' ')
    .slice(0, 300)
  const from = context.host === context.registry ? 'the registry' : context.host
  return new RegistryError(
    codeOf(status, errors),
    `${context.doing}: ${from} answered ${status}${words && ` (${words})`}`,
    {
      ...hintFor(status, context),
      details: {
        status,
        host: context.host,
        codes: errors.map(({ code }) => code),
        retryAfter: answer.headers['retry-after'],
      },
    },
  )
}

interface WireError {
  readonly code: string
  readonly message: string
}

/** distribution-spec, "Error Codes"; [] for any other body. */
const errorsOf = async (answer: IncomingMessage): Promise<readonly WireError[]> => {
  try {
    const value: unknown = JSON.parse((await readSmallBody(answer, 64 << 10)).toString('utf8'))
    const list = typeof value === 'object' && value !== null && 'errors' in value ? value.errors : []
    return (Array.isArray(list) ? list : []).slice(0, 5).map((item: unknown) => {
      const { code, message } = (typeof item === 'object' && item !== null ? item : {}) as Readonly<
        Record<string, unknown>
      >
      return {
        code: typeof code === 'string' ? code : '',
        message: typeof message === 'string' ? message : '',
      }
    })
  } catch {
    return []
  }
}

const codeOf = (status: number, errors: readonly WireError[]): RegistryErrorCode => {
  if (status === 401 || status === 403) return 'registry-denied'
  if (status === 404) return 'registry-not-found'
  if (status === 429) return 'registry-throttled'
  if (errors.some(({ code }) => code === 'DIGEST_INVALID')) return 'digest-mismatch'
  return 'registry-failed'
}

const hintFor = (status: number, { hadCredential, registry }: FailureContext): { readonly hint?: string } => {
  if (status === 401 || status === 403)
    return {
      hint: hadCredential
        ? 'the credentials are wrong, or do not allow this'
        : `it may not exist, or need \`tsbuild login ${registry}\``,
    }
  if (status === 429) return { hint: 'wait a while, or log in: registries let known users ask more often' }
  return {}
}

/** Failures of the network as errors of this room; others stay as they are. */
export const readableFailure = (error: unknown, doing: string, host: string): unknown => {
  if (error instanceof AppError || !(error instanceof Error)) return error
  const errno = errnoOf(error)
  if (errno === undefined) return error
  return new RegistryError('registry-unreachable', `${doing}: ${host}: ${reasons[errno] ?? errno}`, {
    cause: error,
    details: { host, errno },
    ...tlsHint(errno, host),
  })
}

const tlsHint = (errno: string, host: string): { readonly hint?: string } => {
  const directory = `/etc/tsbuild/certs.d/${host}`
  // What the server says of our certificate, not we of its.
  if (/_ALERT_|HANDSHAKE_FAILURE/.test(errno))
    return { hint: `it wants to know who asks: put NAME.cert and NAME.key into ${directory}` }
  return /CERT|SIGNATURE|ALTNAME|^EPROTO$|^ERR_SSL|^ERR_TLS|ISSUER/.test(errno)
    ? { hint: `put the authority that signed its certificate into ${directory}/ca.crt` }
    : {}
}

const reasons: Readonly<Record<string, string>> = {
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  ECONNREFUSED: 'nobody listens there',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it asks for a client certificate',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a client certificate',
}
