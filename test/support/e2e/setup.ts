import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { makeBusyboxRoot } from '../busybox-root.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A store that holds debian:bookworm and busybox:latest. */
    readonly storeRoot: string
    readonly runRoot: string
  }
}

const project = join(import.meta.dirname, '../../..')

/**
 * Makes the base images once for all end-to-end tests: from Debian packages, through the built programs. With TSBUILD_E2E_WORK, a
 * directory, the store lies there and stays, for the next run of other files.
 */
export default (vitest: TestProject): (() => void) => {
  const kept = process.env['TSBUILD_E2E_WORK']
  const work = kept ?? mkdtempSync(join(tmpdir(), 'tsbuild-e2e-'))
  const root = join(work, 'store')
  const runRoot = join(work, 'run')
  vitest.provide('storeRoot', root)
  vitest.provide('runRoot', runRoot)
  if (!existsSync(join(work, 'ready'))) {
    makeImages(work, root, runRoot)
    writeFileSync(join(work, 'ready'), '')
  }
  return () => {
    removeBridge(runRoot)
    if (kept === undefined) rmSync(work, { recursive: true, force: true })
  }
}

const makeImages = (work: string, root: string, runRoot: string): void => {
  mkdirSync(work, { recursive: true })
  const env = { ...process.env, TSBUILD_ROOT: root, TSBUILD_RUN: runRoot }
  const tsbuild = (...args: string[]): void =>
    void execFileSync(join(project, 'bin/tsbuild'), args, { env, stdio: 'pipe' })

  const debian = join(project, '.cache/debian-bookworm.tar')
  if (!existsSync(debian))
    execFileSync('sh', [join(project, 'scripts/base-image.sh'), debian], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  tsbuild('import', '--change', 'CMD ["bash"]', debian, 'debian:bookworm')

  using busybox = makeBusyboxRoot()
  const tar = join(work, 'busybox.tar')
  execFileSync('tar', ['-C', busybox.path, '--numeric-owner', '-cf', tar, '.'])
  tsbuild('import', '--change', 'CMD ["sh"]', tar, 'busybox:latest')
}

/** The bridge of the tests' own run directory would stay until the machine is restarted. */
const removeBridge = (runRoot: string): void => {
  const state = join(runRoot, 'net/bridge.json')
  if (!existsSync(state)) return
  const { name } = JSON.parse(readFileSync(state, 'utf8')) as { name: string }
  execFileSync(join(project, 'native/build/tsbuild-native'), ['net', 'remove-bridge', name])
}
