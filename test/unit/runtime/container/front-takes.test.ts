import { expect, it } from 'vitest'
import { frontTakes } from '../../../../src/runtime/container/launch-by-front.ts'
import type { MonitorOptions } from '../../../../src/runtime/container/launch-monitor.ts'

const options: MonitorOptions = {
  dir: '/store/containers/1',
  detached: false,
  interactive: false,
  ownInput: true,
  outputs: ['stdout', 'stderr'],
  ports: [],
  life: [],
}

it('leaves containers to the front that it can take over', () => {
  expect(frontTakes(options)).toBe(true)
  expect(frontTakes({ ...options, detached: true })).toBe(false)
  expect(frontTakes({ ...options, outputs: ['stdout'] })).toBe(false)
})

it('starts the monitor itself when its words are too many for a packet', () => {
  const ports = Array.from({ length: 3000 }, (_, i) => ({
    protocol: 'tcp' as const,
    hostPort: 20_000 + i,
    containerPort: 20_000 + i,
  }))
  expect(frontTakes({ ...options, ports })).toBe(false)
})
