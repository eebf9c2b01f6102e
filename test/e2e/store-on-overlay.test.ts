import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'

/** As in a container: the kernel refuses an overlay whose upper directory lies on an overlay. */
const place = mkdtempSync(join(tmpdir(), 'tsbuild-on-overlay-'))
const at = (name: string): string => join(place, name)
beforeAll(() => {
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(at(name))
  const options = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`
  execFileSync('mount', ['-t', 'overlay', '-o', options, 'tsbuild-test', at('merged')])
})
afterAll(() => {
  execFileSync('umount', [at('merged')])
  rmSync(place, { recursive: true, force: true })
})

test('a store on an overlay copies trees: builds, runs, commits, prunes, and is whole', async () => {
  using busybox = makeBusyboxRoot()
  execFileSync('tar', ['-C', busybox.path, '-cf', at('root.tar'), '.'])
  const own = { env: { TSBUILD_ROOT: join(at('merged'), 'store'), TSBUILD_RUN: at('run') } }
  expectCode(await tsbuild(['import', at('root.tar'), 'base'], own))
  using context = makeDirectory({
    Dockerfile:
      'FROM base\nRUN echo made > /made && rm /bin/ls && mkdir /gone && mkdir -p /etc/own && chmod 700 /etc\nCOPY Dockerfile /copied\nRUN --mount=type=cache,target=/c cat /made > /c/f && rm -r /gone\n',
  })
  expectCode(await tsbuild(['-q', '-t', 'app', context.path], own))
  const script = 'cat /made; test -e /bin/ls || echo no ls; test -e /gone || echo gone; echo x > /written'
  // Mount points (/etc/hosts, /proc, /c) leave nothing: layers are the same as in any other store.
  const other = { env: { TSBUILD_ROOT: at('other'), TSBUILD_RUN: at('other-run') } }
  expectCode(await tsbuild(['import', at('root.tar'), 'base'], other))
  const layers = []
  for (const { env } of [own, other]) {
    const options = { env: { ...env, SOURCE_DATE_EPOCH: '1700000000' } }
    const output = 'type=image,rewrite-timestamp=true,name=same'
    expectCode(await tsbuild(['-q', '--no-cache', '-o', output, context.path], options))
    const format = '{{json .RootFS.Layers}}'
    layers.push(expectCode(await tsbuild(['inspect', '--format', format, 'same'], options)).stdout)
  }
  expect(layers[1]).toBe(layers[0])
  const ran = await tsrun(['--name', 'box', '--network', 'none', 'app', 'sh', '-c', script], own)
  expect(expectCode(ran).stdout).toBe('made\nno ls\ngone\n')
  expect(expectCode(await tsrun(['diff', 'box'], own)).stdout).toBe('A /written\n')
  expectCode(await tsrun(['commit', 'box', 'committed'], own))
  const again = await tsrun(['--rm', '--network', 'none', 'committed', 'cat', '/written'], own)
  expect(expectCode(again).stdout).toBe('x\n')
  expectCode(await tsrun(['rm', 'box'], own))
  expect(expectCode(await tsbuild(['fsck'], own)).stdout).toMatch(/nothing is damaged\n$/)
  expectCode(await tsbuild(['prune', '-af'], own))
  expect(expectCode(await tsbuild(['images', '-q'], own)).stdout).toBe('')
})
