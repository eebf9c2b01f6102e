import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildCommand } from '../../../../src/cli/build/command.ts'
import { parseBuildCommand } from '../../../../src/cli/build/options.ts'
import { silentCli } from '../../../support/silent-cli.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tsbuild-options-'))
  writeFileSync(join(cwd, 'token'), 'secret')
  writeFileSync(join(cwd, 'key'), 'key')
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const parse = async (
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<BuildCommand> => {
  const command = await parseBuildCommand(argv, silentCli(cwd, env))
  if (!command) throw new Error('help was printed')
  return command
}

describe('options of docker build', () => {
  it.each<readonly [string, readonly string[], Partial<BuildCommand>]>([
    ['options behind the context', ['.', '-t', 'a', '--no-cache'], { tags: ['a'], noCache: true }],
    ['--no-cache=false', ['--no-cache=false', '.'], { noCache: false }],
    [
      'lists of stages',
      ['--no-cache-filter', 'a, b', '--no-cache-filter=c', '.'],
      { noCacheFilter: ['a', 'b', 'c'] },
    ],
    ['-- before the context', ['--', '-x'], { context: '-x' }],
    ['labels without a value', ['--label', 'a', '--label', 'b=c=d', '.'], { labels: { a: '', b: 'c=d' } }],
    [
      'the last of equal build args',
      ['--build-arg', 'a=1', '--build-arg', 'a=2', '.'],
      { buildArgs: { a: '2' } },
    ],
    [
      'hosts',
      ['--add-host', 'a:1.2.3.4,b=::1', '--add-host', 'c:[::2]', '.'],
      { exec: { extraHosts: ['a:1.2.3.4', 'b:::1', 'c:::2'] } },
    ],
    [
      'ulimits',
      ['--ulimit', 'nofile=1:2', '--ulimit', 'core=-1', '.'],
      {
        exec: {
          ulimits: [
            { name: 'nofile', soft: 1, hard: 2 },
            { name: 'core', soft: -1, hard: -1 },
          ],
        },
      },
    ],
    ['--shm-size', ['--shm-size', '64m', '.'], { exec: { shmSize: 64 << 20 } }],
    [
      'memory, with as much swap',
      ['-m', '1g', '.'],
      { resources: { memory: { limit: 1 << 30, swap: 2 * (1 << 30) } } },
    ],
    [
      'memory and swap',
      ['-m=1m', '--memory-swap=-1', '.'],
      { resources: { memory: { limit: 1 << 20, swap: -1 } } },
    ],
    [
      'CPUs',
      ['-c', '512', '--cpu-quota', '50000', '--cpuset-cpus', '0,1', '.'],
      { resources: { cpu: { shares: 512, quota: 50_000, cpus: '0,1' } } },
    ],
    [
      '--resource over the older options',
      ['-m', '1m', '--resource', 'memory=2m,cpu-shares=2', '.'],
      { resources: { memory: { limit: 2 << 20, swap: 4 << 20 }, cpu: { shares: 2 } } },
    ],
    [
      'entitlements',
      ['--allow', 'security.insecure', '--allow', 'device=x', '--allow', 'fs.read=/', '.'],
      { entitlements: ['security.insecure', 'device'] },
    ],
    [
      'host network with its entitlement',
      ['--network=host', '.'],
      { network: 'host', entitlements: ['network.host'] },
    ],
    [
      'annotations',
      ['--annotation', 'a=b=c', '--annotation', 'manifest:d=e', '.'],
      { annotations: { a: 'b=c', d: 'e' } },
    ],
    [
      'annotations of other platforms',
      ['--platform', 'linux/amd64', '--annotation', 'manifest[linux/arm64]:d=e', '.'],
      { annotations: {} },
    ],
    [
      'named contexts',
      ['--build-context', 'a=../x', '--build-context', 'b=https://h/?q=1', '.'],
      {
        contexts: new Map([
          ['a', '../x'],
          ['b', 'https://h/?q=1'],
        ]),
      },
    ],
    [
      'spellings of platforms',
      ['--platform', 'aarch64', '.'],
      { platform: { os: 'linux', architecture: 'arm64' } },
    ],
    [
      'arm is v7',
      ['--platform', 'linux/arm', '.'],
      { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    ],
    [
      'several platforms',
      ['--platform', 'linux/amd64,linux/arm64', '.'],
      {
        platform: undefined,
        platforms: [
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
        ],
      },
    ],
    [
      'annotations of several platforms',
      ['--platform', 'linux/amd64,linux/arm64', '--annotation', 'index,manifest[linux/arm64]:a=b', '.'],
      {
        annotations: {},
        indexAnnotations: [
          { on: 'index', key: 'a', value: 'b' },
          { on: 'manifest', key: 'a', value: 'b', platform: { os: 'linux', architecture: 'arm64' } },
        ],
      },
    ],
    [
      'what index.json says of an image',
      ['--annotation', 'manifest-descriptor:a=b', '--annotation', 'c=d', '.'],
      { annotations: { c: 'd' }, descriptorAnnotations: { a: 'b' } },
    ],
    [
      'what index.json says of an index',
      ['--platform', 'linux/amd64,linux/arm64', '--annotation', 'index-descriptor:a=b', '.'],
      { descriptorAnnotations: { a: 'b' } },
    ],
    ['squash', ['--squash', '.'], { squash: true }],
    ['times of files', ['-o', 'type=image,rewrite-timestamp=true', '.'], { rewriteTimestamp: true }],
    [
      'the same platform twice',
      ['--platform', 'linux/amd64,linux/x86_64', '.'],
      { platform: { os: 'linux', architecture: 'amd64' } },
    ],
    [
      'attestations that are off',
      ['--provenance=false', '--sbom', 'none', '--attest', 'type=sbom,disabled=true', '.'],
      { warnings: [] },
    ],
    [
      'what means nothing here',
      [
        '--rm',
        '--force-rm=true',
        '--compress',
        '--builder',
        'x',
        '-D',
        '--pull',
        '--load',
        '--isolation=default',
        '.',
      ],
      { warnings: [] },
    ],
    ['--check', ['--check', '.'], { call: { kind: 'check', format: 'text', ignoreStatus: false } }],
    [
      '--call',
      ['--call', 'outline,format=json', '.'],
      { call: { kind: 'outline', format: 'json', ignoreStatus: false } },
    ],
    ['--call build', ['--call=build', '.'], { call: undefined }],
    ['quiet over progress', ['-q', '--progress=plain', '.'], { progress: 'quiet' }],
  ])('%s', async (_, argv, expected) => {
    expect(await parse(argv)).toMatchObject(expected)
  })

  it('warns of what makes a build slower or larger at most', async () => {
    const argv = ['--security-opt', 'x', '.']
    expect((await parse(argv)).warnings).toHaveLength(1)
  })
})

describe('the environment', () => {
  it('gives build args without a value, and leaves out what is not set', async () => {
    const { buildArgs } = await parse(['--build-arg', 'A', '--build-arg', 'B', '.'], { A: '1' })
    expect(buildArgs).toEqual({ A: '1' })
  })
  it('gives SOURCE_DATE_EPOCH, unless an option does', async () => {
    const env = { SOURCE_DATE_EPOCH: '7' }
    expect((await parse(['.'], env)).buildArgs).toEqual({ SOURCE_DATE_EPOCH: '7' })
    const given = await parse(['--build-arg', 'SOURCE_DATE_EPOCH=8', '.'], env)
    expect(given.buildArgs).toEqual({ SOURCE_DATE_EPOCH: '8' })
  })
  it('gives the view of the progress', async () => {
    const env = { BUILDKIT_PROGRESS: 'rawjson' }
    expect((await parse(['.'], env)).progress).toBe('rawjson')
    expect((await parse(['--progress', 'tty', '.'], env)).progress).toBe('tty')
    await expect(parse(['.'], { BUILDKIT_PROGRESS: 'x' })).rejects.toMatchObject({ code: 'usage' })
  })
  it('gives the platform', async () => {
    const { platform } = await parse(['.'], { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' })
    expect(platform).toEqual({ os: 'linux', architecture: 'arm64' })
  })
})

describe('secrets', () => {
  it('come from files and variables', async () => {
    const argv = [
      'id=a,src=token',
      'type=file,id=b,source=token',
      'id=c,env=C',
      'id=token',
      'id=E',
      'id=f,env=UNSET',
    ]
    const { secrets } = await parse([...argv.flatMap((text) => ['--secret', text]), '.'], { C: 'c', E: 'e' })
    const file = { kind: 'file', path: join(cwd, 'token') }
    expect(Object.fromEntries(secrets)).toEqual({
      a: file,
      b: file,
      c: { kind: 'value', value: 'c' },
      token: file,
      E: { kind: 'value', value: 'e' },
      f: { kind: 'value', value: '' },
    })
  })
  it('are not repeated in messages', async () => {
    await expect(parse(['--secret', 'id=a,sr=hunter2', '.'])).rejects.not.toThrow('hunter2')
  })
})

describe('agents', () => {
  it('are sockets, or keys', async () => {
    const socket = join(cwd, 'agent')
    const server = createServer()
    await new Promise<void>((done) => server.listen(socket, done))
    try {
      const { ssh } = await parse(['--ssh', 'default', '--ssh', 'k=key,key', '--ssh=s=agent', '.'], {
        SSH_AUTH_SOCK: socket,
      })
      expect(Object.fromEntries(ssh)).toEqual({
        default: { kind: 'agent', socket },
        k: { kind: 'keys', paths: [join(cwd, 'key'), join(cwd, 'key')] },
        s: { kind: 'agent', socket },
      })
      await expect(parse(['--ssh', 'a=agent,key', '.'])).rejects.toMatchObject({ code: 'usage' })
    } finally {
      server.close()
    }
  })
})

describe('refused', () => {
  it.each([
    ['no context', []],
    ['two contexts', ['.', '.']],
    ['a build arg without a name', ['--build-arg', '=x', '.']],
    ['a named context without a source', ['--build-context', 'a', '.']],
    ['an unknown network', ['--network', 'bridge0', '.']],
    ['an unknown entitlement', ['--allow', 'network', '.']],
    ['a bad host', ['--add-host', 'a', '.']],
    ['a bad limit', ['--ulimit', 'files=1', '.']],
    ['a soft limit above the hard one', ['--ulimit', 'nofile=2:1', '.']],
    ['a bad size', ['--shm-size', 'x', '.']],
    ['swap without memory', ['--memory-swap', '1g', '.']],
    ['an unknown resource', ['--resource', 'gpu=1', '.']],
    ['what index.json says of no index', ['--annotation', 'index-descriptor:a=b', '.']],
    ['an annotation without a value', ['--annotation', 'a', '.']],
    ['an annotation of an index', ['--annotation', 'index:a=b', '.']],
    ['an annotation of nothing known', ['--annotation', 'foo:a=b', '.']],
    ['a secret without an id', ['--secret', 'src=token', '.']],
    ['a secret that is not there', ['--secret', 'id=a,src=none', '.']],
    ['a secret of an unknown type', ['--secret', 'id=a,type=x', '.']],
    ['an agent without a socket', ['--ssh', 'default', '.']],
    ['a key that is not there', ['--ssh', 'a=none', '.']],
    ['provenance', ['--provenance', 'mode=max', '.']],
    ['an attestation', ['--attest', 'type=sbom', '.']],
    ['--push without a name', ['--push', '.']],
    ['a pull policy that is none', ['--pull=sometimes', '.']],
    ['a policy', ['--policy', 'x', '.']],
    ['Windows isolation', ['--isolation', 'hyperv', '.']],
    ['an unknown call', ['--call', 'chek', '.']],
    ['--fix alone', ['--fix', '.']],
    ['--check with another call', ['--check', '--call=targets', '.']],
  ])('%s', async (_, argv) => {
    await expect(parse(argv)).rejects.toMatchObject({ exitCode: 2 })
  })
  it('a source policy of the environment, which would be passed over', async () => {
    const env = { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: 'policy.json' }
    await expect(parse(['.'], env)).rejects.toMatchObject({ code: 'usage' })
  })
})
