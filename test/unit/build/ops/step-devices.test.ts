import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stepDevices } from '../../../../src/build/ops/step-devices.ts'

let root = ''
let directories: readonly string[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-cdi-'))
  directories = [join(root, 'run'), join(root, 'etc'), join(root, 'nowhere')]
  for (const directory of directories.slice(0, 2)) mkdirSync(directory)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const spec = (name: string, text: string | object): void =>
  writeFileSync(join(root, name), typeof text === 'string' ? text : JSON.stringify(text))
const wanted = (name: string, required = true) => stepDevices([{ name, required }], directories)
const withEnv = (kind: string, devices: Readonly<Record<string, string>>) => ({
  cdiVersion: '0.6.0',
  kind,
  devices: Object.entries(devices).map(([name, value]) => ({
    name,
    containerEdits: { env: [`V=${value}`] },
  })),
})

describe('devices of CDI specs', () => {
  it('have nodes, mounts and variables, in JSON and in YAML', async () => {
    spec(
      'etc/a.yaml',
      `
cdiVersion: "0.6.0"
kind: vendor.com/gpu
containerEdits:
  env: [ALL=1]
devices:
  - name: one
    containerEdits:
      env: ["ONE=1"]
      deviceNodes:
        - {path: /dev/one, type: c, major: 1, minor: 3, fileMode: 432, permissions: rw, uid: 5}
        - {path: /dev/inside, hostPath: /dev/zero}
      mounts:
        - {hostPath: /usr/lib/gpu, containerPath: /lib/gpu, options: [ro, nosuid]}
`,
    )
    expect(await wanted('vendor.com/gpu=one')).toEqual({
      env: ['ALL=1', 'ONE=1'],
      devices: [
        { path: '/dev/one', type: 'c', major: 1, minor: 3, fileMode: 0o660, uid: 5, access: 'rw' },
        { path: '/dev/inside', type: 'c', major: 1, minor: 5, fileMode: 0o666 },
      ],
      mounts: [
        {
          destination: '/lib/gpu',
          type: 'bind',
          source: '/usr/lib/gpu',
          options: ['rbind', 'rprivate', 'ro', 'nosuid'],
        },
      ],
    })
  })

  it('are found by name, as the first or all of a class, and by annotation; the earlier directory wins', async () => {
    spec('etc/a.json', withEnv('vendor.com/gpu', { b: 'b', a: 'etc' }))
    spec('run/a.json', withEnv('vendor.com/gpu', { a: 'run' }))
    spec('etc/c.json', {
      kind: 'vendor.com/nic',
      devices: [
        {
          name: 'x',
          annotations: { 'org.mobyproject.buildkit.device.class': 'fast' },
          containerEdits: { env: ['N=1'] },
        },
      ],
    })
    const envOf = async (name: string) => (await wanted(name)).env
    expect(await envOf('vendor.com/gpu=a')).toEqual(['V=run'])
    expect(await envOf('vendor.com/gpu')).toEqual(['V=run'])
    expect(await envOf('vendor.com/gpu=*')).toEqual(['V=run', 'V=b'])
    expect(await envOf('vendor.com/nic=fast')).toEqual(['N=1'])
  })

  it('that are not there are an error only when they are required', async () => {
    spec('etc/a.json', withEnv('vendor.com/gpu', { one: '1' }))
    await expect(wanted('vendor.com/gpu=ond')).rejects.toMatchObject({
      code: 'unknown-device',
      hint: 'did you mean vendor.com/gpu=one?',
    })
    await expect(wanted('nonsense')).rejects.toMatchObject({ code: 'unknown-device' })
    expect(await wanted('vendor.com/gpu=two', false)).toEqual({ devices: [], mounts: [], env: [] })
    expect(await stepDevices(undefined, ['/nowhere'])).toEqual({ devices: [], mounts: [], env: [] })
  })

  it('with hooks, and specs that make no sense, are refused', async () => {
    const edits = { hooks: [{ hookName: 'createRuntime', path: '/bin/sh' }] }
    spec('etc/h.json', { kind: 'vendor.com/h', devices: [{ name: 'x', containerEdits: edits }] })
    await expect(wanted('vendor.com/h=x')).rejects.toMatchObject({ code: 'unsupported-device' })
    const bad = ['{', '[]', '{"kind": "../x"}', '{"kind":"a.b/c","devices":[{}]}']
    for (const text of bad) {
      spec('etc/h.json', text)
      await expect(wanted('vendor.com/h=x')).rejects.toMatchObject({ code: 'bad-device-spec' })
    }
    const node = { path: 'dev/x' }
    spec('etc/h.json', {
      kind: 'vendor.com/h',
      devices: [{ name: 'x', containerEdits: { deviceNodes: [node] } }],
    })
    await expect(wanted('vendor.com/h=x')).rejects.toMatchObject({ code: 'bad-device-spec' })
  })
})
