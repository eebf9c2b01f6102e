import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readStats } from '../../../../src/runtime/cgroup/index.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-stats-'))
})
afterEach(() => rmSync(directory, { recursive: true }))
const put = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
}

describe('readStats', () => {
  it('reads v2', () => {
    put({
      'memory.current': '5000\n',
      'memory.stat': 'anon 1\ninactive_file 1000\n',
      'memory.max': 'max\n',
      'memory.events': 'low 0\noom 3\noom_kill 2\n',
      'cpu.stat': 'usage_usec 77\nuser_usec 1\nnr_throttled 4\n',
      'pids.current': '3\n',
      'pids.max': '16\n',
      'io.stat': '8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2\n',
    })
    expect(readStats(['/nonexistent', directory])).toEqual({
      memory: { usage: 4000, oomKills: 2 },
      cpu: { usage: 77, throttled: 4 },
      pids: { current: 3, limit: 16 },
      io: { read: 11, written: 22 },
    })
  })

  it('reads v1', () => {
    put({
      'memory.usage_in_bytes': '5000\n',
      'memory.stat': 'inactive_file 1\ntotal_inactive_file 1000\n',
      'memory.limit_in_bytes': '9223372036854771712\n',
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
      'cpuacct.usage': '77000\n',
      'cpu.stat': 'nr_periods 9\nnr_throttled 4\nthrottled_time 1\n',
      'pids.current': '3\n',
      'pids.max': 'max\n',
      'blkio.throttle.io_service_bytes_recursive': '8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n',
    })
    expect(readStats([directory])).toEqual({
      memory: { usage: 4000, oomKills: 1 },
      cpu: { usage: 77, throttled: 4 },
      pids: { current: 3 },
      io: { read: 10, written: 20 },
    })
  })

  it('leaves out what is not there', () => {
    expect(readStats([directory])).toEqual({})
  })
})
