import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { importImage, makeLab } from '../chaos/lab.ts'
import { runStorm } from '../chaos/run-storm.ts'
import { removeBridge } from '../differential/builders.ts'
import { makeBusyboxRoot } from '../support/busybox-root.ts'

/** The long one is `npm run chaos`. */
it('a storm of kill -9 leaves nothing but what ps -a shows, and rm -f of all leaves the machine as it was', async () => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-chaos-'))
  const lab = makeLab(join(work, 'store'), join(work, 'run'), work)
  try {
    using busybox = makeBusyboxRoot()
    const tar = join(work, 'busybox.tar')
    execFileSync('tar', ['-C', busybox.path, '--numeric-owner', '-cf', tar, '.'])
    importImage(lab, tar, 'busybox')
    const wish = { image: 'busybox', containers: 12, seed: 4, jobs: 4, say: () => undefined }
    const { surprises, strays, changes } = await runStorm(lab, wish)
    expect({ surprises, strays, changes }).toEqual({ surprises: [], strays: [], changes: [] })
  } finally {
    await lab.tsrun(['network', 'rm', '-f', 'chaos-a', 'chaos-b'])
    removeBridge(work)
    rmSync(work, { recursive: true, force: true, maxRetries: 3 })
  }
})
