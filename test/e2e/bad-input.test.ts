import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { findLeftovers } from '../support/e2e/leftovers.ts'
import {
  type Directory,
  expectCode,
  makeDirectory,
  type Outcome,
  runCommand,
  tsbuild,
  tsrun,
} from '../support/e2e/rig.ts'

const buildOf = async (
  dockerfile: string,
  files: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<Outcome> => {
  using directory = makeDirectory({ Dockerfile: dockerfile, ...files })
  return await tsbuild([...args, '.'], { cwd: directory.path })
}

/** A failure that a person can act on: the code, the words, no stack trace. */
const expectFailure = (outcome: Outcome, code: number, ...words: (string | RegExp)[]): void => {
  expectCode(outcome, code)
  for (const word of words) expect(outcome.stderr).toMatch(word)
  expect(outcome.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m)
}

afterEach(() => {
  expect(findLeftovers()).toEqual({ mounts: [], cgroups: [], processes: [], active: [] })
})

describe('a Dockerfile that cannot be built', () => {
  it('is missing', async () => {
    using directory: Directory = makeDirectory({ 'Dockerfile.dev': 'FROM scratch' })
    expectFailure(
      await tsbuild(['.'], { cwd: directory.path }),
      65,
      /there is no Dockerfile/,
      /hint: there is Dockerfile\.dev: use -f/,
    )
  })

  it.each([
    ['is empty', '', [/empty/]],
    ['has an unknown instruction', 'FORM busybox\n', [/Dockerfile:1:1/, /FORM/, /did you mean FROM/i]],
    ['has no FROM first', 'RUN true\n', [/Dockerfile:1/, /FROM/]],
    [
      'copies with one argument',
      'FROM busybox\nCOPY a\n',
      [/Dockerfile:2/, /COPY/, /destination|two arguments/i],
    ],
    ['has an unknown flag', 'FROM busybox\nCOPY --form=x a b\n', [/Dockerfile:2/, /--form/, /--from/]],
    [
      'names a stage that is not there',
      'FROM busybox AS one\nFROM busybox\nCOPY --from=7 /a /b\n',
      [/Dockerfile:3/, /7/],
    ],
    [
      'has a cycle',
      'FROM busybox AS one\nCOPY --from=two /a /a\nFROM busybox AS two\nCOPY --from=one /a /a\n',
      [/Dockerfile:[24]/, /do not need each other/],
    ],
  ] as const)('%s', async (_, dockerfile, words) => {
    expectFailure(await buildOf(dockerfile), 65, ...words)
  })

  it('has several problems: all are told at once', async () => {
    const outcome = await buildOf('FROM busybox\nRUNN true\nCOPY a\nEXPOSEE 80\n')
    expectFailure(outcome, 65, /Dockerfile:2/, /Dockerfile:3/, /Dockerfile:4/)
  })

  it('has no stage of the name that --target gives', async () => {
    expectFailure(
      await buildOf('FROM busybox AS builder\n', {}, ['--target', 'bulider']),
      65,
      /bulider/,
      /did you mean builder/i,
    )
  })
})

describe('a build that fails', () => {
  it('because the base image is not there', async () => {
    expectFailure(
      await buildOf('FROM busybux\n'),
      1,
      /Dockerfile:1:1/,
      /busybux/,
      /not in the store/,
      /busybox/,
    )
  })

  it('because a source is missing: suggests a near name', async () => {
    expectFailure(
      await buildOf('FROM busybox\nCOPY Redme.md /\n', { 'Readme.md': '' }),
      1,
      /^Dockerfile:2:1: error: copy "Redme\.md".*\n.*\n {2}2 \| COPY Redme\.md \/\n.*\^{15}\n/m,
      /Readme\.md/,
      /#copy$/m,
    )
  })

  it('because .dockerignore excludes the source: names the line', async () => {
    const outcome = await buildOf('FROM busybox\nCOPY secret /\n', {
      secret: 's',
      '.dockerignore': '# comment\nsecret\n',
    })
    expectFailure(outcome, 1, /secret/, /\.dockerignore:2/)
  })

  it('because RUN fails: passes its exit code on, shows its output and its line', async () => {
    const outcome = await buildOf('FROM busybox\nRUN echo before && \\\n    echo the reason >&2 && exit 42\n')
    expectFailure(outcome, 42, /the reason/, /^Dockerfile:2:1$/m, /exit code 42/)
  })

  it.each([
    ['COPY --from=0 nope /', 1],
    ['WORKDIR /bin/busybox', 1],
    ['RUN --mount=type=secret,id=none,required true', 1],
    [
      'ADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 http://127.0.0.1:1/x /',
      69,
    ],
    ['USER nobody-here\nRUN true', 125, 4],
  ])('because of %j, of which it shows the place', async (step, code, line = 3) => {
    const outcome = await buildOf(`FROM busybox\nFROM busybox\n${step}\n`)
    expectFailure(
      outcome,
      code,
      new RegExp(`^Dockerfile:${line}:1: error: `, 'm'),
      new RegExp(`^ *${line} \\| `, 'm'),
    )
  })

  it('because a command is not there', async () => {
    expectFailure(await buildOf('FROM busybox\nRUN ["/no/such/program"]\n'), 127, /\/no\/such\/program/)
  })

  it('because a source lies outside the context', async () => {
    expectFailure(await buildOf('FROM busybox\nCOPY ../../../etc/passwd /stolen\n'), 1, /passwd/)
  })
})

describe('a command line that is wrong', () => {
  it('no context', async () => expectFailure(await tsbuild(['-t', 'x']), 2, /context is missing/))
  it('a context that is not there', async () =>
    expectFailure(await tsbuild(['imges']), 2, /no such directory/, /tsbuild images/))
  it('an unknown option', async () =>
    expectFailure(await tsbuild(['--tagg', 'x', '.']), 2, /--tagg/, /did you mean --tag/))
  it('a bad name', async () =>
    expectFailure(await buildOf('FROM scratch\n', {}, ['-t', 'host/UPPER']), 2, /lower case/))
  it('an unknown output', async () =>
    expectFailure(await buildOf('FROM scratch\n', {}, ['-o', 'type=ocy,dest=x']), 2, /did you mean oci/))
})

describe('a machine that says no', () => {
  it('a busy port', async () => {
    const server = createServer().listen(0)
    try {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const outcome = await tsrun(['-d', '--name', 'busy', '-p', `${port}:80`, 'busybox', 'sleep', '60'])
      expectFailure(outcome, 125, new RegExp(`${port}`), /in use/)
      const left = expectCode(await tsrun(['inspect', '-f', '{{.State.Status}} {{.State.Error}}', 'busy']))
      expect(left.stdout).toMatch(/^created .*in use/)
    } finally {
      server.close()
      await tsrun(['rm', '-f', 'busy'])
    }
  })

  it('no privileges', async () => {
    using directory = makeDirectory({ Dockerfile: 'FROM busybox\nRUN true\n' })
    chmodSync(directory.path, 0o755)
    const program = join(import.meta.dirname, '../../bin/tsbuild')
    const outcome = await runCommand(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', program, '.'],
      {
        cwd: directory.path,
        env: { TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
      },
    )
    expect(outcome.code).not.toBe(0)
    expectFailure(outcome, outcome.code, /permission|denied|EACCES/i, /root/)
  })

  it('a full disk: says so, and the store still opens', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'tsbuild-full-'))
    try {
      expectCode(await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tsbuild-test', mount]))
      const root = join(mount, 'store')
      mkdirSync(root, { mode: 0o700 })
      using directory = makeDirectory({
        Dockerfile: 'FROM scratch\nCOPY big /\n',
        big: new Uint8Array(16 << 20) as unknown as string,
      })
      expectFailure(await tsbuild(['.'], { cwd: directory.path, root }), 74, /disk is full|no space/i)
      expect(findLeftovers(root).active).toEqual([])
      expectCode(await tsbuild(['images'], { root }))
      directory.write('big', 'small now')
      expectCode(await tsbuild(['-t', 'small', '.'], { cwd: directory.path, root }))
    } finally {
      await runCommand('umount', [mount])
      rmSync(mount, { recursive: true, force: true })
    }
  })
})
