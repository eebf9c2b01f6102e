import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { expectCode, makeDirectory, type Outcome, tsbuild } from '../support/e2e/rig.ts'

/** `--check`, `--call` and `--fix` through the built program. What is expected as text is what docker 28.5 printed for the same file. */

const calls = async (
  dockerfile: string,
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Outcome> => {
  using directory = makeDirectory({ Dockerfile: dockerfile, ...files })
  return await tsbuild([...args, '.'], { cwd: directory.path })
}

const casing = 'FROM busybox as base\n'
const clean = 'FROM busybox\nRUN true\n'
const broken = 'FROM busybox\nCOPY a\n'

const rulesOf = (outcome: Outcome): readonly string[] =>
  [...outcome.stdout.matchAll(/^(?:WARNING|NOTE): (\w+)/gm)].map(([, rule]) => rule ?? '')

describe('--check', () => {
  it('says what docker says, and exits with 1 for warnings', async () => {
    const seen = expectCode(await calls(casing, ['--check']), 1)
    expect(seen.stdout).toBe(`Check complete, 1 warning has been found!

WARNING: FromAsCasing - https://docs.docker.com/go/dockerfile/rule/from-as-casing/
'as' and 'FROM' keywords' casing do not match
Dockerfile:1
--------------------
   1 | >>> FROM busybox as base
   2 |     
--------------------
`)
    expect(seen.stderr).toBe('')
  })

  it('is silent about nothing, and exits with 0', async () => {
    expect(expectCode(await calls(clean, ['--check'])).stdout).toBe('Check complete, no warnings found.\n')
  })

  it('exits with 65 for a file that does not build, and shows where', async () => {
    const seen = expectCode(await calls(broken, ['--check']), 65)
    expect(seen.stderr).toContain('Dockerfile:2:1: error: ')
    expect(seen.stderr).toContain('  2 | COPY a\n    | ^^^^^^\n')
    expect(seen.stderr).toContain('hint: ')
  })

  it('builds and writes nothing, and needs no base image', async () => {
    using directory = makeDirectory({ Dockerfile: 'FROM not.there/at-all:1\nRUN touch /x\n' })
    using store = makeDirectory()
    const options = { cwd: directory.path, root: join(store.path, 's') }
    expectCode(await tsbuild(['--check', '-t', 'never', '--iidfile', 'id', '.'], options))
    expect(() => statSync(join(directory.path, 'id'))).toThrow('ENOENT')
    expect(expectCode(await tsbuild(['images', '-q'], options)).stdout).toBe('')
  })

  it('leaves out what is to be skipped', async () => {
    const file = `${casing}MAINTAINER me\nCMD echo\n`
    const rules = ['FromAsCasing', 'MaintainerDeprecated', 'JSONArgsRecommended']
    expect(rulesOf(expectCode(await calls(file, ['--check']), 1))).toEqual(rules)
    const skip = '# check=skip=FromAsCasing,JSONArgsRecommended\n'
    expect(rulesOf(expectCode(await calls(skip + file, ['--check']), 1))).toEqual([rules[1]])
    expectCode(await calls(`# check=skip=all\n${file}`, ['--check']))
    const arg = ['--check', '--build-arg', 'BUILDKIT_DOCKERFILE_CHECK=skip=all']
    expectCode(await calls(file, arg))
    const one = file.replace('CMD', '# check=skip=JSONArgsRecommended\nCMD')
    expect(rulesOf(await calls(one, ['--check']))).toEqual(rules.slice(0, 2))
  })

  it('error=true ends a build that has findings, and only then', async () => {
    const directive = '# check=error=true\n'
    expectCode(await calls(directive + casing, ['--check']), 1)
    const seen = expectCode(await calls(directive + casing, []), 65)
    expect(seen.stderr).toContain('FromAsCasing')
    expectCode(await calls(directive + clean, []))
    expectCode(await calls(`# check=skip=FromAsCasing;error=true\n${casing}`, []))
  })

  it('finds what docker has no rule for', async () => {
    const file = 'FROM debian:bookworm\nUSER 1\nCOPY a /a\nUSER 0\nRUN apt-get update\nRUN pip install x\n'
    const files = { a: '', '.dockerignore': 'nothing-like-it\n' }
    const rules = rulesOf(expectCode(await calls(file, ['--check'], files), 1))
    expect(new Set(rules)).toEqual(
      new Set(['RootOwnedCopy', 'PackageCacheKept', 'AptUpdateAlone', 'IgnorePatternUnused']),
    )
  })

  it('knows which copied files are ignored, when it is asked for the experimental rule', async () => {
    const files = { a: '', '.dockerignore': 'a\n' }
    const file = 'FROM busybox\nCOPY a /\n'
    expectCode(await calls(file, ['--check'], files))
    const asked = await calls(`# check=experimental=CopyIgnoredFile\n${file}`, ['--check'], files)
    expect(rulesOf(expectCode(asked, 1))).toEqual(['CopyIgnoredFile'])
  })
})

describe('--call', () => {
  it('check,format=json has the shape of docker', async () => {
    const seen = JSON.parse(
      expectCode(await calls(casing, ['--call=check,format=json']), 1).stdout,
    ) as unknown
    expect(seen).toEqual({
      warnings: [
        {
          ruleName: 'FromAsCasing',
          description: "The 'as' keyword should match the case of the 'from' keyword",
          url: 'https://docs.docker.com/go/dockerfile/rule/from-as-casing/',
          detail: "'as' and 'FROM' keywords' casing do not match",
          location: { ranges: [{ start: { line: 1 }, end: { line: 1 } }] },
        },
      ],
      sources: [{ filename: 'Dockerfile', data: btoa(casing), language: 'Dockerfile' }],
    })
    const failed = expectCode(await calls(broken, ['--call=check,format=json']), 65)
    expect(JSON.parse(failed.stdout)).toMatchObject({
      warnings: null,
      buildError: { location: { ranges: [{ start: { line: 2 } }] } },
    })
  })

  it('check,ignorestatus=true exits with 0', async () => {
    expectCode(await calls(casing, ['--call=check,ignorestatus=true']))
    expectCode(await calls(broken, ['--call=check,format=json,ignorestatus=true']))
  })

  it('check,format=sarif is for CI', async () => {
    const seen = expectCode(await calls(casing, ['--call=check,format=sarif']), 1)
    expect(JSON.parse(seen.stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'tsbuild', rules: [{ id: 'FromAsCasing' }] } },
          results: [
            {
              ruleId: 'FromAsCasing',
              level: 'warning',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'Dockerfile' },
                    region: { startLine: 1, startColumn: 14 },
                  },
                },
              ],
            },
          ],
        },
      ],
    })
    const failed = expectCode(await calls(broken, ['--call=check,format=sarif']), 65)
    expect(JSON.parse(failed.stdout)).toMatchObject({ runs: [{ results: [{ level: 'error' }] }] })
  })

  const parameters = `# VERSION which one to use
ARG VERSION=latest
# base is what all stand on
FROM busybox:$VERSION AS base
# MODE is how it is done
ARG MODE=fast
RUN --mount=type=secret,id=token,required --mount=type=ssh true
# app is the result
FROM base AS app
ARG OTHER
`

  it('outline is that of docker', async () => {
    const text = `TARGET:      app
DESCRIPTION: is the result

BUILD ARG   VALUE    DESCRIPTION
VERSION     latest   which one to use
MODE        fast     is how it is done
OTHER                

SECRET   REQUIRED
token    true

SSH       REQUIRED
default   

`
    expect(expectCode(await calls(parameters, ['--call=outline'])).stdout).toBe(text)
    const other = await calls(parameters, ['--call=outline', '--target', 'base', '--build-arg', 'MODE=slow'])
    expect(expectCode(other).stdout).toMatch(/^TARGET: +base\n[\s\S]*\nMODE +slow /)
    const json = expectCode(await calls(parameters, ['--call=outline,format=json'])).stdout
    const at = (line: number): unknown => ({ ranges: [{ start: { line }, end: { line } }] })
    expect(JSON.parse(json)).toEqual({
      name: 'app',
      description: 'is the result',
      args: [
        { name: 'VERSION', description: 'which one to use', value: 'latest', location: at(2) },
        { name: 'MODE', description: 'is how it is done', value: 'fast', location: at(6) },
        { name: 'OTHER', location: at(10) },
      ],
      secrets: [{ name: 'token', required: true, location: at(7) }],
      ssh: [{ name: 'default', location: at(7) }],
      sources: [btoa(parameters)],
    })
  })

  it('targets are those of docker', async () => {
    expect(expectCode(await calls(parameters, ['--call=targets'])).stdout).toBe(
      'TARGET        DESCRIPTION\nbase          is what all stand on\napp (default) is the result\n',
    )
    const json = expectCode(await calls(parameters, ['--call=targets,format=json'])).stdout
    expect(JSON.parse(json)).toMatchObject({
      targets: [
        { name: 'base', description: 'is what all stand on', base: 'busybox:$VERSION' },
        { name: 'app', default: true, base: 'base' },
      ],
    })
  })

  it('is refused when it asks for what there is not', async () => {
    expect(expectCode(await calls(clean, ['--call=chekc']), 2).stderr).toContain('did you mean check?')
    expectCode(await calls(clean, ['--call=outline,format=sarif']), 2)
    expectCode(await calls(broken, ['--call=outline']), 65)
    expectCode(await calls(broken, ['--call=targets']), 65)
    expect(expectCode(await calls(parameters, ['--call=outline', '--target', 'bsae']), 1).stderr).toContain(
      'did you mean base?',
    )
    expectCode(await calls(clean, ['--fix']), 2)
  })
})

describe('--check --fix', () => {
  const untidy = '\uFEFFFROM busybox as Base\r\nmaintainer me\r\nENV a b\r\nEXPOSE 80/TCP\r\nCMD echo hi\r\n'
  const tidy =
    '\uFEFFFROM busybox AS base\r\nLABEL org.opencontainers.image.authors="me"\r\nENV a=b\r\nEXPOSE 80/tcp\r\nCMD echo hi\r\n'

  it('changes the file as far as it is certain, says so, and is done at the second time', async () => {
    using directory = makeDirectory({ Dockerfile: untidy })
    const path = join(directory.path, 'Dockerfile')
    chmodSync(path, 0o640)
    const first = expectCode(await tsbuild(['--check', '--fix', '.'], { cwd: directory.path }), 1)
    expect(readFileSync(path, 'utf8')).toBe(tidy)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(first.stderr).toContain('FromAsCasing')
    // What was not certain is still told.
    expect(rulesOf(first)).toEqual(['JSONArgsRecommended'])
    const { mtimeMs, ino } = statSync(path)
    expectCode(await tsbuild(['--check', '--fix', '.'], { cwd: directory.path }), 1)
    expect(statSync(path)).toMatchObject({ mtimeMs, ino })
  })

  it('builds the same image afterwards', async () => {
    using directory = makeDirectory({ Dockerfile: 'FROM busybox as Base\nENV a b\nexpose 80/TCP\n' })
    const configOf = async (): Promise<unknown> => {
      expectCode(await tsbuild(['-t', 'fixed', '.'], { cwd: directory.path }))
      const [image] = JSON.parse(expectCode(await tsbuild(['inspect', 'fixed'])).stdout) as [
        { Config: unknown },
      ]
      return image.Config
    }
    const before = await configOf()
    expectCode(await tsbuild(['--check', '--fix', '.'], { cwd: directory.path }))
    expect(await configOf()).toEqual(before)
    expectCode(await tsbuild(['rmi', 'fixed']))
  })

  it('leaves alone what does not build, and what it may not write', async () => {
    using directory = makeDirectory({ Dockerfile: `${casing}COPY a\n` })
    const path = join(directory.path, 'Dockerfile')
    expectCode(await tsbuild(['--check', '--fix', '.'], { cwd: directory.path }), 65)
    expect(readFileSync(path, 'utf8')).toBe(`${casing}COPY a\n`)
    const piped = await tsbuild(['--check', '--fix', '-f', '-', '.'], { cwd: directory.path, input: casing })
    expect(piped.code).not.toBe(0)
    expect(piped.stderr).toMatch(/hint: |no file/)
    writeFileSync(path, casing)
    expectCode(await tsbuild(['--call=check,format=json', '--fix', '.'], { cwd: directory.path }))
    expect(readFileSync(path, 'utf8')).toBe('FROM busybox AS base\n')
  })
})
