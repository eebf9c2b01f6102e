import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { buildAttack } from '../support/e2e/attack-rig.ts'
import { expectCode, makeDirectory, runCommand, tsbuild } from '../support/e2e/rig.ts'

/** The store, the cache, and Dockerfiles that ask for too much: SECURITY rows 49, 65, 68. */

describe('the cache (49)', () => {
  it('tells steps apart that join to the same text', async () => {
    const files = { a: 'a', ab: 'ab', 'a b': 'a b' }
    const twins: readonly (readonly [string, string])[] = [
      ['RUN ["sh", "-c", "echo $#", "a", "b c"]', 'RUN ["sh", "-c", "echo $#", "a b", "c"]'],
      ['ENV A=1 B=2\nRUN env', 'ENV A="1 B=2"\nRUN env'],
      ['RUN <<E\necho one\nE', 'RUN <<E\necho two\nE'],
      ['COPY <<a /x\none\na', 'COPY <<a /x\ntwo\na'],
      ['COPY a /b/', 'COPY a /b'],
      ['COPY ["a", "ab", "/x/"]', 'COPY ["a", "a b", "/x/"]'],
      ['COPY --chown=1 a /x', 'COPY --chown=1:1 a /x'],
      ['COPY --chmod=600 a /x', 'COPY --chmod=0640 a /x'],
      ['WORKDIR /a\nRUN pwd', 'WORKDIR /b\nRUN pwd'],
      ['USER 1\nRUN id', 'USER 2\nRUN id'],
      ['SHELL ["sh", "-c"]\nRUN id', 'SHELL ["sh", "-ec"]\nRUN id'],
      ['RUN --network=none id', 'RUN id'],
    ]
    for (const [one, two] of twins) {
      const salt = `ENV SALT=${Math.random()}`
      await using first = await buildAttack(`FROM busybox\n${salt}\n${one}\n`, { files })
      await using second = await buildAttack(`FROM busybox\n${salt}\n${two}\n`, { files })
      expectCode(first.outcome)
      const last = expectCode(second.outcome)
        .stderr.split(/^#\d+ \[/m)
        .at(-1)
      expect(last, `${one} and ${two}`).not.toContain('CACHED')
    }
  })
})

describe('the store (65)', () => {
  it('opens to its owner only: set-uid files of layers cannot be run by others', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'tsbuild-store-'))
    chmodSync(outer, 0o755)
    try {
      const root = join(outer, 'store')
      mkdirSync(root, { mode: 0o777 })
      chmodSync(root, 0o777)
      using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY --chmod=4755 su /su\n', su: 'x' })
      const work = await runCommand(
        'sh',
        [
          '-c',
          'umask 000; exec "$@"',
          'sh',
          new URL('../../bin/tsbuild', import.meta.url).pathname,
          '--progress=quiet',
          directory.path,
        ],
        { env: { TSBUILD_ROOT: root, TSBUILD_RUN: join(outer, 'run') } },
      )
      expectCode(work)
      expect(statSync(root).mode & 0o777).toBe(0o700)
      const found = await runCommand('setpriv', [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        'find',
        root,
      ])
      expect(found.stdout.trim()).toBe(root)
      const writable = await runCommand('find', [
        root,
        '-not',
        '-type',
        'l',
        '-perm',
        '/022',
        '-not',
        '-path',
        '*/tree/*',
      ])
      expect(writable.stdout).toBe('')
    } finally {
      rmSync(outer, { recursive: true, force: true })
    }
  })

  it('is refused when another user owns it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'tsbuild-store-'))
    try {
      chownSync(root, 65534, 65534)
      const outcome = await tsbuild(['images'], { root })
      expectCode(outcome, 77)
      expect(outcome.stderr).toMatch(/belongs to user 65534/)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })

  it('and the run directory are closed to others', () => {
    for (const path of [inject('storeRoot'), inject('runRoot')])
      if (existsSync(path)) expect(statSync(path).mode & 0o077).toBe(0)
  })
})

describe('bombs (68)', () => {
  const fourTimes = '$\x7ba}'.repeat(4)

  it.each([
    ['doubling variables', `FROM busybox\nENV a=aaaaaaaaaaaaaaaa\n${`ENV a=${fourTimes}\n`.repeat(40)}`],
    ['doubling args', `ARG a=aaaaaaaa\n${`ARG a=${fourTimes}\n`.repeat(40)}FROM busybox\n`],
    [
      'patterns',
      `FROM busybox\nENV a=${'a'.repeat(10_000)}\nRUN echo \${a//${'*a'.repeat(50)}b/}\nENV b=\${a##${'*a'.repeat(30)}b}\n`,
    ],
    ['stages', Array.from({ length: 20_000 }, (_, i) => `FROM busybox AS s${i}\n`).join('')],
    ['triggers', `FROM busybox\n${'ONBUILD RUN true\n'.repeat(50_000)}`],
    ['one long line', `FROM busybox\nRUN ${'x'.repeat(3_000_000)}\n`],
    ['heredocs', `FROM busybox\n${'RUN <<A\n'.repeat(5000)}`],
    ['wildcards', `FROM busybox\nCOPY ${'*a'.repeat(60)}b /x/\n`],
  ])('%s end soon', async (_, dockerfile) => {
    const start = Date.now()
    await using built = await buildAttack(dockerfile, { files: { ['a'.repeat(200)]: '', 'a/b': '' } })
    expect(built.outcome.stderr).not.toMatch(/internal error|heap|RangeError/)
    expect(Date.now() - start).toBeLessThan(120_000)
  })

  it('patterns of an ignore file end soon', async () => {
    const start = Date.now()
    await using built = await buildAttack('FROM busybox\nCOPY . /x/\n', {
      files: {
        '.dockerignore': `${'**/*a'.repeat(40)}b\n${'*a'.repeat(100)}b\n[${'a-z'.repeat(1000)}]\n`,
        [`${'a'.repeat(200)}/${'a'.repeat(200)}/c`]: '',
      },
    })
    expect(built.outcome.stderr).not.toContain('internal error')
    expect(Date.now() - start).toBeLessThan(120_000)
  })
})
