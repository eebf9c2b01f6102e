import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RuntimeSpec } from '../../../../src/foundation/oci/index.ts'
import { createSpec, createStepSpec } from '../../../../src/runtime/bundle/index.ts'
import { fillBusyboxRoot } from '../../../support/busybox-root.ts'
import { run } from '../../../support/container-request.ts'

const isInstalled = (runtime: string): boolean => spawnSync(runtime, ['--version']).status === 0

/** A directory with config.json and rootfs, as the runtime spec has it. */
const makeBundle = (spec: RuntimeSpec): Disposable & { readonly path: string } => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-bundle-'))
  mkdirSync(join(path, 'rootfs'), { mode: 0o755 })
  fillBusyboxRoot(join(path, 'rootfs'))
  writeFileSync(join(path, 'config.json'), JSON.stringify(spec))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

const runOther = (runtime: string, spec: RuntimeSpec) => {
  using bundle = makeBundle(spec)
  const id = `tsbuild-test-${process.pid}`
  const options = { cwd: bundle.path, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(runtime, ['run', '--bundle', bundle.path, id], options)
  spawnSync(runtime, ['delete', '--force', id], options)
  return { code: status, stdout, stderr }
}

const runOurs = async (spec: RuntimeSpec) => {
  using bundle = makeBundle(spec)
  return await run({
    spec,
    root: { kind: 'bind', source: join(bundle.path, 'rootfs'), readonly: false },
    network: { kind: 'none' },
    cgroups: [],
  })
}

/**
 * What a process can see of its surroundings; not how the root was mounted, nor the cgroups, which we join elsewhere. crun
 * always makes /dev/core, and masks files with the host's /dev/null instead of the container's.
 */
const look = `id; pwd; hostname; echo "$A|$HOME|$PATH"; umask
grep -e ^Cap -e ^NoNewPrivs -e ^Groups /proc/self/status
ls -l /dev | grep -v kcore | awk '{print $1, $3, $4, $5 == "->" ? "" : $5, $NF}' | sed 's/, / /'
cut -d' ' -f2-3 /proc/mounts | grep -v -e '^/ ' -e ^/sys/fs/cgroup | sed 's,^\\(/proc/.*\\) .*tmpfs$,\\1 masked,' | sort
for path in /proc/sys/kernel/hostname /sys/kernel/new; do touch $path 2>/dev/null && echo "$path can be written"; done
cat /proc/keys /proc/timer_list | wc -c; ls -A /proc/acpi /sys/firmware
exit 7`

const user = { uid: 1000, gid: 1001, additionalGids: [1001, 7], home: '/home' }
const root = { uid: 0, gid: 0, additionalGids: [0], home: '/root' }
const container = (options: Partial<Parameters<typeof createSpec>[0]>): RuntimeSpec =>
  createSpec({ config: { Env: ['A=a b'], Cmd: ['sh', '-c', look] }, user: root, hostname: 'box', ...options })

const specs: readonly (readonly [string, RuntimeSpec])[] = [
  ['a container', container({})],
  ['another user in a directory', container({ user, workdir: '/tmp' })],
  [
    'a read-only root and few capabilities',
    container({ readonlyRoot: true, capDrop: ['ALL'], noNewPrivileges: true }),
  ],
  [
    'a RUN step',
    createStepSpec({
      args: ['sh', '-c', look],
      env: ['A=1'],
      cwd: '/tmp',
      user: root,
      hostname: 'step',
      network: 'none',
    }),
  ],
]

describe.each(['crun', 'runc'])('%s', (runtime) => {
  it.skipIf(!isInstalled(runtime)).each(specs)(
    'runs %s from our bundle, and it looks as in ours',
    async (_, spec) => {
      const other = runOther(runtime, spec)
      expect(other.stderr).toBe('')
      expect(other.code).toBe(7)
      const own = await runOurs(spec)
      expect(own.code).toBe(7)
      expect(own.stdout.split('\n')).toEqual(other.stdout.split('\n'))
    },
  )
})
