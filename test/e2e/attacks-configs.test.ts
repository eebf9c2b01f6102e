import { describe, expect, it } from 'vitest'
import { busybox, dockerArchive, load } from '../support/e2e/attack-archive.ts'
import { guardedVictim } from '../support/e2e/attack-rig.ts'
import { freshName } from '../support/e2e/containers.ts'
import { expectCode, type Outcome, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { rawTar } from '../support/hostile-tar.ts'

/** Names and configs of loaded images: SECURITY rows 22-24, 67. */

const victim = guardedVictim()

describe('names that archives bring (22)', () => {
  it('are shown when they replace one, and the image that had it stays', async () => {
    const name = freshName()
    const id = (outcome: Outcome): string => /sha256:[0-9a-f]{64}/.exec(expectCode(outcome).stdout)?.[0] ?? ''
    await load(dockerArchive({ layers: [rawTar(...busybox)], name }))
    const first = id(await tsbuild(['inspect', name]))
    const second = await load(dockerArchive({ layers: [rawTar(...busybox, { name: 'evil' })], name }))
    expect(`${second.stdout}${second.stderr}`).toContain(first.slice(0, 19))
    expectCode(await tsbuild(['inspect', first]))
    await tsbuild(['rmi', '-f', name, first])
  })
})

describe('configs with wishes of their own (23, 24)', () => {
  it('get nothing that the user did not ask for', async () => {
    const name = freshName()
    const wishes = {
      'io.containerd.cri.log': 'binary:///bin/sh?-c=id',
      'run.oci.hooks.stderr': '/dev/stderr',
      'run.oci.mount_context_type': 'rootcontext',
      'run.oci.keep_original_groups': '1',
      '--privileged': 'true',
      privileged: 'true',
    }
    const archive = dockerArchive({
      layers: [rawTar(...busybox)],
      name,
      config: (config) => ({
        ...config,
        hooks: { prestart: [{ path: '/bin/sh', args: ['sh', '-c', `echo evil > ${victim.path}/hooked`] }] },
        annotations: wishes,
        config: {
          Cmd: ['sh'],
          Labels: wishes,
          Annotations: wishes,
          HostConfig: { Privileged: true, Binds: ['/:/host'], PidMode: 'host', NetworkMode: 'host' },
          Privileged: true,
          Volumes: { '/etc': {}, '/host': {} },
          Runtime: '/bin/sh',
          Capabilities: ['CAP_SYS_ADMIN'],
          ExposedPorts: { '22/tcp': {}, '0/tcp': {}, '--privileged': {} },
          Env: ['LD_PRELOAD=/evil.so', 'NODE_OPTIONS=--require=/evil.js', 'TSBUILD_ROOT=/evil'],
        },
      }),
    })
    expectCode(await load(archive))
    const script = 'cat /proc/self/status; ls /host 2>&1; cat /proc/1/cmdline | tr "\\0" " "'
    const ran = await tsrun(['--rm', '-P', '-e', 'LD_PRELOAD=', name, 'sh', '-c', script])
    expect(expectCode(ran).stdout).toMatch(/CapEff:\s+00000000a80425fb/)
    expect(ran.stdout).toMatch(/Seccomp:\s+2/)
    expect(ran.stdout).not.toMatch(/passwd|evil/)
    await tsbuild(['rmi', '-f', name])
  })

  it('with texts that are none are refused or harmless', async () => {
    for (const config of [
      { Cmd: ['sh', 'a\0b'] },
      { Env: ['A=\0'] },
      { WorkingDir: '../../..' },
      { WorkingDir: '\0' },
      { User: '../../../etc/passwd' },
      { User: '\n0' },
      { Entrypoint: 'sh' },
      { Env: { A: 'b' } },
      { StopSignal: '9; rm' },
      { ExposedPorts: ['22'] },
    ]) {
      const name = freshName()
      const loaded = await load(
        dockerArchive({ layers: [rawTar(...busybox)], name, config: (c) => ({ ...c, config }) }),
      )
      const ran = await tsrun(['--rm', name, 'true'])
      expect(loaded.stderr + ran.stderr).not.toMatch(/internal error/)
      await tsbuild(['rmi', '-f', name])
    }
  })

  it('cannot send control characters to the terminal', async () => {
    const name = freshName()
    const evil = '\u001b]0;owned\u0007\u001b[2J\u009b1m\u202e\r\nforged line'
    const archive = dockerArchive({
      layers: [rawTar(...busybox)],
      name,
      config: (config) => ({
        ...config,
        author: evil,
        created: evil,
        config: { Cmd: ['sh', '-c', `true # ${evil}`], Labels: { [evil]: evil } },
        history: [{ created: evil, created_by: evil, comment: evil }],
      }),
    })
    const outcomes = [
      await load(archive),
      await tsbuild(['history', '--no-trunc', name]),
      await tsbuild(['inspect', name]),
    ]
    outcomes.push(
      await tsbuild(['images']),
      await tsrun(['create', '--name', name, name]),
      await tsrun(['ps', '-a', '--no-trunc']),
    )
    outcomes.push(
      await tsrun(['inspect', name]),
      await tsrun(['rm', name]),
      await tsbuild(['rmi', '-f', name]),
    )
    outcomes.push(
      await load(dockerArchive({ layers: [rawTar({ name: evil, body: 'x', size: '-1' })], name })),
    )
    for (const { stdout, stderr } of outcomes) {
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
      expect(stdout + stderr).not.toMatch(/^forged line/m)
    }
  })
})
