import { existsSync, readFileSync } from 'node:fs'
import type { SecureContext } from 'node:tls'
import { tlsModule } from './secure-modules.ts'
import type { HttpEnvironment, TlsSettings } from './types.ts'

/** Where distributions keep the authorities that the machine's owner trusts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Reading a hundred certificates takes a fifth of a second: each set is read once per process. */
const contexts = new Map<string, SecureContext>()

/**
 * Trust and own certificates as OpenSSL wants them. Trusted are the authorities of SSL_CERT_FILE, else of the machine, else
 * of Node; those of NODE_EXTRA_CA_CERTS; and those of the settings. Throws what reading a named file throws.
 */
export const secureContext = (env: HttpEnvironment, settings: TlsSettings = {}): SecureContext => {
  const extra = env['TSBUILD_EXTRA_CA_CERTS'] || env['NODE_EXTRA_CA_CERTS'] || undefined
  const base = env['SSL_CERT_FILE'] || systemBundles.find((file) => existsSync(file))
  const id = JSON.stringify([base, extra, settings])
  const known = contexts.get(id)
  if (known) return known
  const files = settings.skipVerify ? [] : [...new Set([base, extra])].filter((file) => file !== undefined)
  const own = settings.skipVerify ? [] : (settings.ca ?? [])
  const roots = settings.skipVerify || base !== undefined ? [] : tlsModule().rootCertificates
  const ca = [...roots, ...files.map((file) => readFileSync(file, 'utf8')), ...own]
  const pairs = settings.certificates ?? []
  const made = tlsModule().createSecureContext({
    ...(ca.length > 0 ? { ca } : {}),
    ...(pairs.length > 0 ? { cert: pairs.map(({ cert }) => cert), key: pairs.map(({ key }) => key) } : {}),
  })
  contexts.set(id, made)
  return made
}
