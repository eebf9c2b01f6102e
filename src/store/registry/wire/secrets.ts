import type { Credential } from '../types.ts'

/** The secrets of one client, so that no answer can bring them into a message. */
export interface Secrets {
  add(text: string): void
  /** Every form in which the credential is sent. */
  addCredential(credential: Credential): void
  redact(text: string): string
}

/** Shorter ones would take away half of every message, and are not kept secret by anybody. */
const minLength = 4

export const collectSecrets = (): Secrets => {
  const known = new Set<string>()
  const add = (text: string): void => {
    if (text.length >= minLength) known.add(text)
  }
  return {
    add,
    addCredential(credential) {
      if (credential.kind !== 'password') return add(credential.token)
      add(credential.password)
      add(encodeURIComponent(credential.password))
      add(Buffer.from(`${credential.username}:${credential.password}`).toString('base64'))
    },
    redact(text) {
      // Longest first: a secret may be part of another.
      const secrets = [...known].sort((a, b) => b.length - a.length)
      return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
    },
  }
}
