import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeOverlayBed, type OverlayBed, plainProcess, plainRequest, run } from '../../../support/container-request.ts'

let bed: OverlayBed
beforeAll(() => {
  bed = makeOverlayBed()
})
afterAll(() => bed[Symbol.dispose]())

const sh = (script: string) => plainRequest(freshBed(), ['sh', '-c', script])

// `volatile` overlays want a fresh workdir each time.
const beds: OverlayBed[] = []
const freshBed = (): OverlayBed => {
  const fresh = makeOverlayBed()
  beds.push(fresh)
  return fresh
}
afterAll(() => {
  for (const each of beds) each[Symbol.dispose]()
})

describe('a container', () => {
  it('runs a program and hands its output and code over', async () => {
    const ran = await run(sh('echo out; echo err >&2; exit 7'))
    expect(ran).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n', warnings: [], stubs: [] })
  })

  it('has namespaces of its own', async () => {
    const ran = await run(sh('for n in mnt pid ipc uts net cgroup; do readlink /proc/self/ns/$n; done'))
    const ours = ['mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup'].map((n) => readlinkSync(`/proc/self/ns/${n}`))
    const theirs = ran.stdout.trim().split('\n')
    expect(theirs).toHaveLength(6)
    for (const link of theirs) expect(ours).not.toContain(link)
  })
})
