import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Set to the program that runs commands beside a docker; the comparison is for people, not for CI. */
const peers = process.env['TSBUILD_PEERS']
const project = join(import.meta.dirname, '../..')
const image = 'busybox:1.35'

describe.skipIf(!peers)('docker and containerd with tsrunc', () => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-docker-'))
  const runtime = join(work, 'tsrunc')
  const socket = `unix://${work}/docker.sock`
  const name = 'life'

  const beside = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(peers ?? '', ['run', ...words], {
      cwd: work,
      env: { ...process.env, PEERS_SHARE: `${project}:${work}` },
      encoding: 'utf8',
    })
    return { code: status, stdout: stdout.trim(), stderr }
  }
  const docker = (...words: readonly string[]) => beside('docker', '-H', socket, ...words)
  const run = (...words: readonly string[]) =>
    docker('run', '--runtime', 'tsrunc', '--network', 'none', ...words)
  const inspect = (format: string): string => docker('inspect', '-f', format, name).stdout

  beforeAll(() => {
    // Where docker lives there may be no Node.
    mkdirSync(join(work, 'node'))
    copyFileSync(process.execPath, join(work, 'node/node'))
    writeFileSync(runtime, `#!/bin/sh\nPATH=$PATH:${work}/node exec ${project}/bin/tsrunc "$@"\n`)
    chmodSync(runtime, 0o755)
    const daemon = `dockerd --data-root ${work}/data --exec-root ${work}/exec --pidfile ${work}/pid -H ${socket} \
      --feature containerd-snapshotter=false --bridge none --iptables=false --ip6tables=false \
      --add-runtime tsrunc=${runtime} >${work}/log 2>&1 &
      until docker -H ${socket} version; do sleep 0.1; done
      docker save ${image} | tee ${work}/image.tar | docker -H ${socket} load`
    expect(beside('sh', '-c', daemon).code).toBe(0)
  }, 60_000)
  afterAll(() => {
    docker('rm', '-f', name)
    beside('sh', '-c', `pid=$(cat ${work}/pid); kill $pid; while kill -0 $pid; do sleep 0.1; done`)
    rmSync(work, { recursive: true, force: true })
  }, 60_000)

  test('runs: output, exit code, limits, user, read-only root, input, terminal', () => {
    expect(run('--rm', image, 'sh', '-c', 'echo out; exit 7')).toMatchObject({ code: 7, stdout: 'out' })
    const strict = ['--pids-limit', '50', '--read-only', '--tmpfs', '/t', '--cap-drop', 'all', '-u', '5:6']
    const look = 'id -u; grep CapEff /proc/self/status; touch /t/a && echo made; touch /b'
    const { stdout, stderr } = run('--rm', ...strict, image, 'sh', '-c', look)
    expect(stdout.split('\n')).toEqual(['5', 'CapEff:\t0000000000000000', 'made'])
    expect(stderr).toContain('Read-only file system')
    expect(run('--rm', '-m', '20m', image, 'tail', '/dev/zero').code).toBe(137)
    expect(run('--rm', image, 'nosuch').code).toBe(127)
    expect(run('--rm', image, '/etc/passwd').code).toBe(126)
    expect(run('--rm', '--init', image, 'cat', '/proc/1/comm').stdout).toBe('docker-init')
    expect(run('--rm', '-t', image, 'tty').stdout).toMatch(/^\/dev\/pts\/\d$/)
    expect(run('--rm', '--device', '/dev/zero:/dev/zz', image, 'stat', '-c', '%t:%T', '/dev/zz').stdout).toBe(
      '1:5',
    )
  }, 60_000)

  test('has its life: health, exec, pause, update, stats, stop, start, restart, kill, logs, rm', () => {
    const script = 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'
    const health = ['--health-cmd', 'true', '--health-interval', '1s']
    expect(run('-d', '--name', name, ...health, image, 'sh', '-c', script).code).toBe(0)
    expect(docker('exec', name, 'sh', '-c', 'echo in; exit 4')).toMatchObject({ code: 4, stdout: 'in' })
    expect(docker('exec', '-t', name, 'tty').stdout).toMatch(/^\/dev\/pts\/\d$/)
    expect(docker('pause', name).code).toBe(0)
    expect(inspect('{{.State.Status}}')).toBe('paused')
    expect(docker('unpause', name).code).toBe(0)
    expect(docker('update', '-m', '64m', '--memory-swap', '64m', name).code).toBe(0)
    expect(docker('stats', '--no-stream', '--format', '{{.MemUsage}}', name).stdout).toMatch(/ \/ 64MiB$/)
    expect(docker('top', name).stdout).toContain('while :')
    expect(
      beside(
        'sh',
        '-c',
        `until docker -H ${socket} inspect -f '{{.State.Health.Status}}' ${name} | grep -q ^healthy; do sleep 0.1; done`,
      ).code,
    ).toBe(0)
    expect(docker('stop', '-t', '10', name).code).toBe(0)
    expect(inspect('{{.State.ExitCode}} {{.HostConfig.Runtime}}')).toBe('3 tsrunc')
    expect(docker('start', name).code).toBe(0)
    expect(docker('restart', '-t', '5', name).code).toBe(0)
    expect(docker('kill', name).code).toBe(0)
    expect(docker('wait', name).stdout).toBe('137')
    expect(docker('logs', name).stdout).toBe('up\nup\nup')
    expect(docker('rm', '-f', name).code).toBe(0)
  }, 60_000)

  test('containerd runs with it too', () => {
    const ctr = (...words: readonly string[]) =>
      beside('ctr', '-a', `${work}/exec/containerd/containerd.sock`, '-n', 'tsbuild', ...words)
    const reference = 'docker.io/library/busybox:1.35'
    const flags = ['--runtime', 'io.containerd.runc.v2', '--runc-binary', runtime, '--snapshotter', 'native']
    try {
      expect(ctr('image', 'import', `${work}/image.tar`).code).toBe(0)
      expect(ctr('run', '--rm', ...flags, reference, 'one', 'sh', '-c', 'echo out; exit 5')).toMatchObject({
        code: 5,
        stdout: 'out',
      })
      expect(
        ctr('run', '-d', ...flags, reference, 'two', 'sh', '-c', 'while :; do sleep 0.1; done').code,
      ).toBe(0)
      expect(ctr('task', 'exec', '--exec-id', 'e', 'two', 'sh', '-c', 'exit 4').code).toBe(4)
      expect(ctr('task', 'pause', 'two').code).toBe(0)
      expect(ctr('task', 'ls').stdout).toContain('PAUSED')
      expect(ctr('task', 'resume', 'two').code).toBe(0)
    } finally {
      ctr('task', 'rm', '-f', 'two')
      ctr('container', 'rm', 'two')
      ctr('image', 'rm', reference)
    }
  }, 60_000)
})
