import { describe, expect, it } from 'vitest'
import { parsePlatform, pickPlatform } from '../../../../src/foundation/oci/index.ts'

const pick = (offered: readonly string[], wanted: string): string | undefined =>
  pickPlatform(offered, (text) => asWritten(text), parsePlatform(wanted))

/** As an index has it, without what `parsePlatform` adds. */
const asWritten = (text: string) => {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

describe('the platform that is taken of several', () => {
  it.each([
    [['linux/amd64', 'linux/arm64/v8'], 'linux/arm64', 'linux/arm64/v8'],
    [['linux/arm64'], 'linux/arm64/v8', 'linux/arm64'],
    [['linux/amd64/v3', 'linux/amd64'], 'linux/amd64', 'linux/amd64'],
    [['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v3', 'linux/amd64/v2'],
    [['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v6', 'linux/arm/v6'],
    [['linux/arm/v5', 'linux/arm/v6'], 'linux/arm', 'linux/arm/v6'],
    [['linux/arm/v7'], 'linux/arm/v6', undefined],
    [['windows/amd64'], 'linux/amd64', undefined],
    [[], 'linux/amd64', undefined],
  ])('%j for %s: %s', (offered, wanted, expected) => {
    expect(pick(offered, wanted)).toBe(expected)
  })
})
