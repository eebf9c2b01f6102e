import { expect, test } from 'vitest'
import { type Sample, statsFields } from '../../../../src/cli/run/stats-fields.ts'

const id = 'c'.repeat(64)
const sample = (more: Partial<Sample>): Sample =>
  ({
    container: { record: { id, name: 'web' } },
    word: 'we',
    gone: false,
    stats: undefined,
    at: 0,
    ...more,
  }) as unknown as Sample

test('shares, sizes and counts as docker writes them', () => {
  const stats = {
    cpu: { usage: 3_000_000 },
    memory: { usage: 10 * 2 ** 20, limit: 100 * 2 ** 20 },
    io: { read: 1500, written: 0 },
    pids: { current: 3 },
    network: { received: 730, sent: 84 },
  } as unknown as NonNullable<Sample['stats']>
  const before = sample({ stats: { ...stats, cpu: { usage: 2_500_000 } } as typeof stats, at: 1000 })
  expect(statsFields(sample({ stats, at: 2000 }), before, true)).toEqual({
    BlockIO: '1.5kB / 0B',
    CPUPerc: '50.00%',
    Container: 'we',
    ID: 'c'.repeat(12),
    MemPerc: '10.00%',
    MemUsage: '10MiB / 100MiB',
    Name: 'web',
    NetIO: '730B / 84B',
    PIDs: '3',
  })
})

test('what does not run uses nothing; of what is gone nothing is known', () => {
  const idle = statsFields(sample({}), undefined, false)
  expect(idle).toMatchObject({ ID: id, CPUPerc: '0.00%', MemUsage: '0B / 0B', NetIO: '0B / 0B', PIDs: '0' })
  const gone = statsFields(sample({ gone: true }), undefined, false)
  expect(gone).toMatchObject({ Name: 'web', CPUPerc: '--', MemUsage: '-- / --', NetIO: '--', PIDs: '--' })
  // The order of docker's JSON.
  expect(Object.keys(gone)).toEqual(Object.keys(gone).toSorted())
})
