import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildAttack } from '../support/e2e/attack-rig.ts'
import { expectCode, makeDirectory, tsbuild } from '../support/e2e/rig.ts'

/** What the user asked for with RUN --mount, and that nothing of it stays in the image. */

const everyMount = [
  'type=bind,target=/new/deep/bind',
  'type=bind,target=/etc/file,source=f',
  'type=bind,target=/new/rw,rw',
  'type=cache,target=/new/cache,uid=5,mode=0711',
  'type=tmpfs,target=/new/tmp,size=1m',
  'type=secret,id=s',
  'type=secret,id=s,target=/etc/deeper/secret,mode=0440,uid=3',
  'type=ssh',
]
  .map((mount) => `--mount=${mount}`)
  .join(' ')

const secret = { files: { f: 'text', s: 'the-secret-value' }, args: ['--secret', 'id=s,src=s', '--no-cache'] }

/** Paths in the topmost layer of an image. */
const topLayer = async (name: string): Promise<readonly string[]> => {
  using directory = makeDirectory()
  expectCode(await tsbuild(['save', '-o', join(directory.path, 'image.tar'), name]))
  execFileSync('tar', ['-xf', 'image.tar'], { cwd: directory.path })
  const manifest = JSON.parse(execFileSync('cat', ['manifest.json'], { cwd: directory.path }).toString())
  const layer = manifest[0].Layers.at(-1)
  return execFileSync('tar', ['-tf', layer], { cwd: directory.path })
    .toString()
    .split('\n')
    .filter(Boolean)
    .sort()
}

describe('mounts of a step', () => {
  it('leave nothing in its layer: no mount points, no directories above them, no changed times', async () => {
    await using built = await buildAttack(`FROM busybox\nRUN ${everyMount} true\n`, secret)
    expectCode(built.outcome)
    expect(await topLayer(built.name)).toEqual([])
  })

  it('leave what the step wrote beside them', async () => {
    await using built = await buildAttack(
      `FROM busybox\nRUN ${everyMount} touch /new/mine /new/rw/x /new/cache/x /new/tmp/x && ! touch /new/deep/bind/x\n`,
      secret,
    )
    expectCode(built.outcome)
    expect(await topLayer(built.name)).toEqual(['new/', 'new/mine'])
  })

  it('show what they should', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox AS other',
        'RUN mkdir -p /d/e && echo of-other > /d/e/f && ln -s /d/e /link && ln -s /etc/passwd /absolute',
        'FROM busybox',
        'RUN mkdir /real && ln -s /real /lnk && ln -s /missing /dangling',
        `RUN ${everyMount} cat /new/deep/bind/f /etc/file && stat -c "%a %u" /new/cache /run/secrets/s /etc/deeper/secret && test "$(cat /run/secrets/s)" = the-secret-value`,
        'RUN --mount=from=other,source=/link,target=/m --mount=from=other,source=/absolute,target=/p cat /m/f && cmp /p /etc/passwd',
        'RUN --mount=target=/lnk/x --mount=target=/dangling cat /real/x/f /missing/f; ls /real | wc -l',
        'RUN ls /real | wc -l; ! test -e /missing',
        'RUN --mount=target=/a --mount=type=tmpfs,target=/a ls -A /a | wc -l',
        'RUN --mount=target=/a/sub/f,source=f --mount=target=/a --mount=type=cache,target=/a/new cat /a/sub/f /a/f; touch /a/new/x',
        'RUN --mount=from=scratch,target=/a,rw ls -A /a | wc -l; touch /a/x',
        'RUN --mount=type=secret,id=none test ! -e /run/secrets',
        'RUN --mount=type=secret,id=s,env=TOKEN test "$TOKEN" = the-secret-value && test ! -e /run/secrets',
      ].join('\n'),
      secret,
    )
    const { stderr } = expectCode(built.outcome)
    expect(stderr).toMatch(/texttext/)
    expect(stderr).toMatch(/711 5\n.*400 0\n.*440 3/)
    expect(stderr).toMatch(/of-other/)
  })

  it('keep caches between builds, and drop them with prune', async () => {
    const step = 'RUN --mount=type=cache,target=/c,id=between echo x >> /c/f; wc -l < /c/f'
    for (const count of [1, 2]) {
      await using built = await buildAttack(`FROM busybox\n${step}\n`, { args: ['--no-cache'] })
      expect(expectCode(built.outcome).stderr).toMatch(new RegExp(`^#\\d+ \\d+\\.\\d+ ${count}$`, 'm'))
    }
    expect((await tsbuild(['df'])).stdout).toMatch(/^Cache Mounts +[1-9]/m)
  })

  it('that are wrong are refused by name', async () => {
    const refused = async (mount: string): Promise<string> => {
      await using built = await buildAttack(`FROM busybox\nRUN mkdir /d\nRUN --mount=${mount} true\n`, secret)
      expect(built.outcome.code).not.toBe(0)
      return built.outcome.stderr
    }
    expect(await refused('from=busybox,source=/nope,target=/m')).toMatch(
      /mount \/nope at \/m: there is no such/,
    )
    expect(await refused('source=f,target=/d')).toMatch(
      /mount a file at \/d: the image has a directory there/,
    )
    expect(await refused('target=/etc/passwd')).toMatch(
      /mount a directory at \/etc\/passwd: the image has a file/,
    )
    expect(await refused('type=secret,id=none,required')).toMatch(
      /secret none.*required[\s\S]*--secret id=none,src=FILE/,
    )
    expect(await refused('type=ssh,required')).toMatch(/SSH agent default.*required[\s\S]*--ssh default/)
  })
})

describe('a step', () => {
  it('with limits keeps to them, and says which one it died of', async () => {
    await using built = await buildAttack(
      'FROM busybox\nRUN ulimit -n; df -k /dev/shm | tail -1; grep -c 10.9.8.7 /etc/hosts\nRUN tail /dev/zero\n',
      {
        args: [
          '--ulimit',
          'nofile=100:200',
          '--shm-size',
          '1m',
          '--add-host',
          'h:10.9.8.7',
          '--memory',
          '48m',
          '--no-cache',
        ],
      },
    )
    const { stderr, code } = built.outcome
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/ 100\n[\s\S]* 1024 [\s\S]* 1\n/)
    expect(stderr).toMatch(/ran out of memory and was killed; its limit is 48 MiB/)
    expect(stderr).toMatch(/hint: raise it with --memory/)
  })

  it('is insecure only when that is allowed (42)', async () => {
    const dockerfile =
      'FROM busybox\nUSER 65534\nRUN --security=insecure grep CapEff /proc/self/status; test -w /proc/sys/kernel/hostname || true\n'
    await using refused = await buildAttack(dockerfile)
    expect(refused.outcome.code).not.toBe(0)
    expect(refused.outcome.stderr).toContain('--allow security.insecure')
    await using built = await buildAttack(dockerfile, { args: ['--allow', 'security.insecure'] })
    expect(expectCode(built.outcome).stderr).toMatch(/CapEff:\s+000001f/)
  })

  it('from a here-document with an interpreter line is executed', async () => {
    await using built = await buildAttack(
      'FROM busybox\nRUN <<EOF\n#!/bin/sh\necho ran $0\nEOF\nRUN ! test -e /dev/pipes\n',
    )
    expect(expectCode(built.outcome).stderr).toContain('ran /dev/pipes/EOF')
  })
})
