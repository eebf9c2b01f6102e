import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { buildAttack, guardedVictim, processesWith } from '../support/e2e/attack-rig.ts'
import { type Directory, expectCode, makeDirectory, runCommand, tsbuild } from '../support/e2e/rig.ts'

/** Steps that attack by way of their mounts: SECURITY rows 40, 41, 43, 51, 53. */

const victim = guardedVictim()

const value = 'correct-horse-battery-staple'

/** Files of the store and of the run directory that hold the text. */
const filesWith = async (text: string): Promise<string> =>
  (await runCommand('grep', ['-rlaF', text, inject('storeRoot'), inject('runRoot')])).stdout

/** A build that goes on until it is ended. */
const startBuild = async (
  directory: Directory,
  sign: string,
  args: readonly string[] = [],
): Promise<ChildProcess> => {
  const child = spawn(
    join(import.meta.dirname, '../../bin/tsbuild'),
    ['--no-cache', '--progress=plain', ...args, directory.path],
    {
      env: { ...process.env, TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let seen = ''
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`it ended: ${seen}`)))
    child.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (new RegExp(`^#\\d+ \\d+\\.\\d+ ${sign}`, 'm').test(seen)) resolve()
    })
  })
  return child
}

const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => child.once('close', resolve))

describe('a secret (51)', () => {
  it('is not in the store, the image, its history, the output or another step, whatever its step does', async () => {
    const dockerfile = [
      'FROM busybox AS reader',
      'RUN for i in 1 2 3 4 5 6; do cat /proc/*/environ /proc/*/root/run/secrets/* /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n" > /found; sleep 0.3; done; ! grep "[h]orse" /found',
      'FROM busybox',
      'RUN --mount=type=secret,id=s --mount=type=secret,id=s,env=TOKEN cat /run/secrets/s; echo "$TOKEN" >&2; for c in $(echo $TOKEN | sed "s/./& /g"); do printf %s "$c"; done; sleep 2',
      'COPY --from=reader /found /found',
    ].join('\n')
    await using built = await buildAttack(dockerfile, {
      files: { s: `${value}\n` },
      args: ['--secret', 'id=s,src=s', '--no-cache'],
    })
    const { stderr } = expectCode(built.outcome)
    expect(stderr.match(/\*\*\*/g)?.length).toBeGreaterThanOrEqual(3)
    expect(stderr).not.toContain(value)
    for (const verb of [['inspect'], ['history', '--no-trunc']])
      expect((await tsbuild([...verb, built.name])).stdout).not.toContain(value)
    expect(await filesWith(value)).toBe('')
  })

  it('is not in the error of a step that fails, nor left when the build is killed', async () => {
    const args = ['--secret', 'id=s,src=s', '--no-cache']
    await using built = await buildAttack(
      'FROM busybox\nRUN --mount=type=secret,id=s cat /run/secrets/s; cat /run/secrets/s >&2; exit 3\n',
      { files: { s: value }, args },
    )
    expectCode(built.outcome, 3)
    expect(built.outcome.stderr).not.toContain(value)
    using directory = makeDirectory({
      Dockerfile: 'FROM busybox\nRUN --mount=type=secret,id=s echo started; sleep 100\n',
      s: value,
    })
    const child = await startBuild(directory, 'started', [
      '--secret',
      `id=s,src=${join(directory.path, 's')}`,
    ])
    child.kill('SIGKILL')
    await ended(child)
    expect(await filesWith(value)).toBe('')
    await tsbuild(['df'])
  })

  it('that was changed does not run the step again, and is in no record', async () => {
    using directory = makeDirectory({
      Dockerfile: `FROM busybox\nRUN --mount=type=secret,id=${value.length} true # changed\n`,
    })
    for (const text of ['first-long-value', 'second-long-value']) {
      const secret = directory.write('s', text)
      const outcome = expectCode(
        await tsbuild(['--progress=plain', '--secret', `id=${value.length},src=${secret}`, directory.path]),
      )
      expect(/CACHED/.test(outcome.stderr)).toBe(text.startsWith('second'))
      expect(await filesWith(text)).toBe('')
    }
  })
})

describe('mounts (40, 41, 43)', () => {
  it('take their source from inside the input, where links lead out', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox AS s',
        `RUN ln -s ${victim.path} /out && ln -s /../../../../.. /up && mkdir -p /d && ln -s /etc/passwd /d/p && ln -s ${victim.path}/secret /file`,
        'FROM busybox',
        'RUN --mount=from=s,source=/up,target=/m,rw rm -rf /m/etc /m/root; touch /m/x; ls /m | grep -c .',
        'RUN --mount=from=s,source=/d/p,target=/m ! grep canary /m && grep root /m',
        'RUN --mount=type=cache,from=s,source=/up,target=/m,id=up test -e /m/bin/busybox && touch /m/x',
      ].join('\n'),
    )
    expectCode(built.outcome)
    for (const mount of [
      'from=s,source=/out,target=/m',
      'from=s,source=/out/secret,target=/m,rw',
      'from=s,source=/file,target=/m',
      'type=cache,from=s,source=/out,target=/m',
    ]) {
      await using refused = await buildAttack(
        `FROM busybox AS s\nRUN ln -s ${victim.path} /out; ln -s ${victim.path}/secret /file\nFROM busybox\nRUN --mount=${mount} cat /m /m/* | grep canary && echo LEAK\n`,
      )
      expect(refused.outcome.code).not.toBe(0)
      expect(refused.outcome.stderr).not.toMatch(/^#\d+ \S+ LEAK/m)
    }
  })

  it('have targets inside the root, also when a cache has a link in their way', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox',
        `RUN --mount=type=cache,target=/c,id=links ln -sfn /../../../..${victim.path} /c/sub; ln -sfn ${victim.path}/etc /c/etc`,
        'RUN --mount=type=cache,target=/c,id=links --mount=type=tmpfs,target=/c/sub touch /c/sub/x',
        'RUN --mount=type=cache,target=/c,id=links --mount=type=secret,id=s,target=/c/etc/passwd true',
        `RUN ln -s ${victim.path} /l; ln -s /l/deep /m`,
        'RUN --mount=type=tmpfs,target=/l/x --mount=target=/m/y touch /l/x/z',
      ].join('\n'),
      { files: { s: 'value-of-secret' }, args: ['--secret', 'id=s,src=s', '--no-cache'] },
    )
    expectCode(built.outcome)
  })

  it('leave no stub that a step could put a link in the place of', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox',
        `RUN --mount=type=tmpfs,target=/a/b/c (mv /a /gone; rm -rf /a; mv /a/b /a/x; ln -sfn ${victim.path} /a/b; ln -sfn ${victim.path} /a/link; rm -f /etc/hosts; ln -sf ${victim.path}/etc/passwd /etc/hosts) 2>/dev/null; true`,
        'RUN ! test -e /a/b; test -h /a/link',
      ].join('\n'),
      { args: ['--no-cache'] },
    )
    expectCode(built.outcome)
  })

  it('show nothing of the caller: no variables, no other directories of the store', async () => {
    await using built = await buildAttack(
      'FROM busybox\nRUN --mount=type=cache,target=/c --mount=target=/b env; ls /c/.. /b/.. /..; cat /c/../users/* /c/../../name 2>&1\n',
      { env: { HOST_SECRET: 'canary-of-host', SSH_AUTH_SOCK: `${victim.path}/agent` }, args: ['--no-cache'] },
    )
    expect(built.outcome.stderr).not.toMatch(/canary-of-host|SSH_AUTH_SOCK|exclusive/)
  })
})

describe('cache mounts of several builds', () => {
  const step = (sharing: string, id: string, command: string): string =>
    `FROM busybox\nRUN --mount=type=cache,target=/c,id=${id},sharing=${sharing} ${command}\n`

  it('are used one after the other when they are locked', async () => {
    using directory = makeDirectory({
      Dockerfile: step(
        'locked',
        'lock',
        'echo s >> /c/log; sleep 1; echo e >> /c/log; cat /c/log | tr -d "\\n"',
      ),
    })
    const runs = await Promise.all(
      [1, 2, 3].map(() => tsbuild(['--no-cache', '--progress=plain', directory.path])),
    )
    for (const run of runs) expectCode(run)
    expect(runs.some(({ stderr }) => stderr.includes('sesese'))).toBe(true)
    expect(runs.some(({ stderr }) => stderr.includes('ss'))).toBe(false)
  })

  it('are apart when they are private', async () => {
    using directory = makeDirectory({
      Dockerfile: step('private', 'apart', 'test ! -e /c/mine && touch /c/mine && sleep 1 && rm /c/mine'),
    })
    const runs = await Promise.all([1, 2].map(() => tsbuild(['--no-cache', directory.path])))
    for (const run of runs) expectCode(run)
  })

  it('are free again when a build was killed; nothing of it runs on', async () => {
    const mark = `${200_000 + Math.floor(Math.random() * 100_000)}`
    using directory = makeDirectory({ Dockerfile: step('locked', 'killed', `echo started; sleep ${mark}`) })
    const child = await startBuild(directory, 'started')
    child.kill('SIGKILL')
    await ended(child)
    using next = makeDirectory({ Dockerfile: step('locked', 'killed', 'true') })
    const from = Date.now()
    expectCode(await tsbuild(['--no-cache', next.path]))
    expect(Date.now() - from).toBeLessThan(120_000)
    expect(processesWith(`sleep\0${mark}`)).toEqual([])
  })

  it('are kept by a prune beside the build that uses them', async () => {
    using directory = makeDirectory({
      Dockerfile: step('shared', 'busy', 'echo 1 > /c/f; echo started; sleep 4; cat /c/f; touch /c/g'),
    })
    const child = await startBuild(directory, 'started')
    const done = ended(child)
    expect((await tsbuild(['df'])).stdout).toMatch(/^Cache Mounts +\d+ +1 /m)
    const { openCacheMounts } = await import('../../src/store/cache-mounts/index.ts')
    await openCacheMounts(inject('storeRoot')).prune()
    expect(await done).toBe(0)
  })
})

/** Speaks to the agent as ssh does: `list` says how many keys there are, `add` tries to add one. */
const perl = `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, sockaddr_un($ENV{SSH_AUTH_SOCK})) or die "no agent: $!\\n";
sub ask { my ($body) = @_; syswrite($s, pack("N", length $body) . $body); sysread($s, my $size, 4); sysread($s, my $answer, unpack("N", $size)); $answer }
my $list = ask(chr 11); printf "keys %d\\n", unpack("N", substr $list, 1, 4);
printf "remove %d\\n", ord ask(chr 19);
my $again = ask(chr 11); printf "again %d\\n", unpack("N", substr $again, 1, 4);
`

describe.skipIf(!existsSync('/usr/bin/ssh-agent'))('SSH agents (53)', () => {
  const dockerfile = [
    'FROM debian:bookworm',
    'RUN --mount=type=ssh,uid=7,mode=0640 --mount=source=ask.pl,target=/b/ask.pl stat -c "%a %u %F" $SSH_AUTH_SOCK; perl /b/ask.pl',
    'RUN test -z "$SSH_AUTH_SOCK" && test ! -e /run/buildkit',
  ].join('\n')
  const withKey = (): Directory => {
    const directory = makeDirectory({ Dockerfile: dockerfile, 'ask.pl': perl })
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory.path, 'key')])
    return directory
  }
  const expectAgent = (stderr: string): void => {
    expect(stderr).toMatch(/ 640 7 socket\n/)
    expect(stderr).toMatch(/ keys 1\n[\s\S]* remove 5\n[\s\S]* again 1\n/)
  }
  const leftSockets = (): readonly string[] => {
    const steps = join(inject('runRoot'), 'steps')
    return existsSync(steps) ? readdirSync(steps) : []
  }

  it('of the caller can be used by the step, for nothing but keys and signatures, and are gone after it', async () => {
    using directory = withKey()
    const socket = join(directory.path, 'agent')
    const started = execFileSync('ssh-agent', ['-a', socket]).toString()
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1])
    try {
      execFileSync('ssh-add', ['-q', join(directory.path, 'key')], { env: { SSH_AUTH_SOCK: socket } })
      const build = ['--no-cache', '--progress=plain', '--ssh', `default=${socket}`, directory.path]
      expectAgent(expectCode(await tsbuild(build)).stderr)
      expect(leftSockets()).toEqual([])
    } finally {
      process.kill(pid)
    }
  })

  it('for keys in files live as long as the build', async () => {
    using directory = withKey()
    const build = [
      '--no-cache',
      '--progress=plain',
      '--ssh',
      `default=${join(directory.path, 'key')}`,
      directory.path,
    ]
    expectAgent(expectCode(await tsbuild(build)).stderr)
    expect(processesWith(`ssh-agent\0-a\0${inject('runRoot')}`)).toEqual([])
    expect(leftSockets()).toEqual([])
    const key = readFileSync(join(directory.path, 'key'), 'utf8').split('\n')[1] ?? ''
    expect(await filesWith(key)).toBe('')
  })
})
