import { expect, it } from 'vitest'
import { extraHostOf } from '../../../src/cli/value-forms.ts'

it.each([
  ['a:1.2.3.4', '1.2.3.4'],
  ['a=::1', '::1'],
  ['a:[fe80::1]', 'fe80::1'],
  ['a:host-gateway', 'host-gateway'],
  ['a:b:c', undefined],
  ['a:1.2.3.400', undefined],
  ['a:1', undefined],
  ['a:1.2.3.4\nb', undefined],
])('the address of the host %j is %s', (text, address) => {
  expect(extraHostOf(text)?.address).toBe(address)
})
