import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../../src/foundation/oci/index.ts'
import { defaultSeccompProfile, seccompKey } from '../../../../../src/runtime/bundle/index.ts'
import { defaultProfileDigest, profileText } from '../../../../../src/runtime/bundle/seccomp/key.ts'

const host = { architecture: 'amd64', capabilities: ['CAP_KILL', 'CAP_CHOWN'], kernelVersion: '6.1.0-13' }
const key = (changes: Partial<typeof host> = {}, profile = defaultSeccompProfile): string =>
  seccompKey(profile, { ...host, ...changes })

describe('seccompKey', () => {
  it('is the same for what compiles to the same', () => {
    expect(key()).toMatch(/^[0-9a-f]{64}$/)
    expect(key({ capabilities: ['CAP_CHOWN', 'CAP_KILL', 'CAP_KILL'] })).toBe(key())
    expect(key({ kernelVersion: '6.1.99' })).toBe(key())
  })

  it('differs for everything that matters', () => {
    const others = [
      key({ architecture: 'arm64' }),
      key({ capabilities: ['CAP_KILL'] }),
      key({ kernelVersion: '6.10' }),
      key({}, { ...defaultSeccompProfile, defaultErrnoRet: 2 }),
      key({}, { ...defaultSeccompProfile, syscalls: defaultSeccompProfile.syscalls.slice(1) }),
    ]
    expect(new Set([key(), ...others]).size).toBe(6)
  })

  it('knows the digest of the default profile, so that programs of an older one are not taken for its', () =>
    expect(defaultProfileDigest).toBe(digestOf(profileText(defaultSeccompProfile))))
})
