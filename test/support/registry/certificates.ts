import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TestCertificates {
  /** Paths of PEM files. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export type KeyKind = 'p256' | 'ed25519'

const newKey: Readonly<Record<KeyKind, readonly string[]>> = {
  p256: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
  ed25519: ['-newkey', 'ed25519', '-nodes'],
}

/** An authority, and a certificate of it for 127.0.0.1, localhost and registry.test that serves both sides. Needs openssl. */
export const makeCertificates = (directory: string, kind: KeyKind = 'p256'): TestCertificates => {
  const at = (name: string): string => join(directory, name)
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { stdio: 'ignore' })
  const curve = newKey[kind]
  openssl(
    'req',
    '-x509',
    ...curve,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  )
  openssl('req', ...curve, '-keyout', at('host.key'), '-out', at('host.csr'), '-subj', '/CN=localhost')
  writeFileSync(at('host.ext'), 'subjectAltName=DNS:localhost,DNS:registry.test,IP:127.0.0.1\n')
  openssl(
    'x509',
    '-req',
    '-in',
    at('host.csr'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('host.ext'),
    '-out',
    at('host.pem'),
  )
  return { ca: at('ca.pem'), cert: at('host.pem'), key: at('host.key') }
}
