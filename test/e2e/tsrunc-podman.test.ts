import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshName } from '../support/e2e/containers.ts'

/** Set to the program that runs commands beside a podman; the comparison is for people, not for CI. */
const peers = process.env['TSBUILD_PEERS']
const project = join(import.meta.dirname, '../..')
const image = 'docker.io/library/busybox:1.35'
/** What this machine lets podman have. */
const limits = ['--ulimit', 'nofile=1024:20000', '--ulimit', 'nproc=4096:4096']

describe.skipIf(!peers)('podman with tsrunc', () => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-podman-'))
  const runtime = join(work, 'tsrunc')
  const name = freshName()

  const podman = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      peers ?? '',
      ['run', 'podman', '--runtime', runtime, ...words],
      {
        cwd: work,
        env: { ...process.env, PEERS_SHARE: `${project}:${work}` },
        encoding: 'utf8',
      },
    )
    return { code: status, stdout: stdout.trim(), stderr }
  }
  const run = (...words: readonly string[]) => podman('run', ...limits, '--network', 'none', ...words)
  const state = (): string => podman('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', name).stdout

  beforeAll(() => {
    // Where podman lives there may be no Node.
    mkdirSync(join(work, 'node'))
    copyFileSync(process.execPath, join(work, 'node/node'))
    writeFileSync(runtime, `#!/bin/sh\nPATH=$PATH:${work}/node exec ${project}/bin/tsrunc "$@"\n`)
    chmodSync(runtime, 0o755)
  })
  afterAll(() => {
    podman('rm', '-f', '-i', name)
    rmSync(work, { recursive: true })
  })

  test('runs: output, exit code, limits, user, read-only root, input', () => {
    expect(run('--rm', image, 'sh', '-c', 'echo out; exit 7')).toMatchObject({ code: 7, stdout: 'out' })
    const strict = ['-m', '32m', '--read-only', '--tmpfs', '/t', '--cap-drop', 'all', '--user', '5:6']
    const look = 'id -u; grep CapEff /proc/self/status; touch /t/a && echo made; touch /b'
    const { stdout, stderr } = run('--rm', ...strict, image, 'sh', '-c', look)
    expect(stdout.split('\n')).toEqual(['5', 'CapEff:\t0000000000000000', 'made'])
    expect(stderr).toContain('Read-only file system')
    expect(run('--rm', '-m', '20m', image, 'tail', '/dev/zero').code).toBe(137)
    expect(run('--rm', image, 'nosuch').code).toBe(127)
    expect(run('--rm', image, '/etc/passwd').code).toBe(126)
  })

  test('has its life: exec, pause, kill, stop, start, logs, rm', () => {
    const script = 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'
    expect(run('-d', '--name', name, image, 'sh', '-c', script).code).toBe(0)
    expect(podman('exec', name, 'sh', '-c', 'echo in; exit 4')).toMatchObject({ code: 4, stdout: 'in' })
    expect(podman('exec', '-t', name, 'tty').stdout).toBe('/dev/pts/0')
    expect(podman('pause', name).code).toBe(0)
    expect(state()).toBe('paused 0')
    expect(podman('unpause', name).code).toBe(0)
    expect(podman('update', '--memory', '64m', name).code).toBe(0)
    expect(podman('exec', name, 'cat', '/sys/fs/cgroup/memory/memory.limit_in_bytes').stdout).toBe('67108864')
    expect(podman('stats', '--no-stream', '--format', '{{.PIDs}}', name).stdout).toMatch(/^[12]$/)
    expect(podman('container', 'checkpoint', name).code).not.toBe(0)
    expect(state()).toBe('running 0')
    expect(podman('stop', '-t', '10', name).code).toBe(0)
    expect(state()).toBe('exited 3')
    expect(podman('start', name).code).toBe(0)
    expect(podman('kill', name).code).toBe(0)
    expect(podman('wait', name).stdout).toBe('137')
    expect(podman('logs', name).stdout).toBe('up\nup')
    expect(podman('rm', '-f', name).code).toBe(0)
    expect(podman('container', 'exists', name).code).toBe(1)
  })

  test('checkpoint is refused with a reason', () => {
    const { status, stderr } = spawnSync(join(project, 'bin/tsrunc'), ['checkpoint', name], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('not supported') })
  })
})
