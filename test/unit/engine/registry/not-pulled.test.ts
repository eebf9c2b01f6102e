import { expect, it } from 'vitest'
import { notPulled } from '../../../../src/engine/registry/not-pulled.ts'
import { AppError } from '../../../../src/foundation/errors/index.ts'
import type { ImageStore } from '../../../../src/store/image/index.ts'

const images = {
  names: () => [{ name: 'docker.io/library/web:1', imageId: 'sha256:0' }],
} as unknown as ImageStore
const cause = new AppError('unreachable', 'no route', { hint: 'look at the network' })

it('tells the nearest name', () => {
  expect(notPulled(images, 'wep:1', cause).hint).toBe('did you mean web:1, which the store has?')
})

it('does not tell the name that was asked for, whose image has lost a part', () => {
  expect(notPulled(images, 'web:1', cause).hint).toBe('look at the network')
})
