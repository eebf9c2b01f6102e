import { describe, expect, it } from 'vitest'
import type { ExecOp, Plan } from '../../../../src/build/graph/index.ts'
import { codesOf, imageWith, type PlanOptions, planOf } from '../../../support/plan-dockerfile.ts'

const lastRun = (plan: Plan): ExecOp => {
  const op = plan.vertices.at(-1)?.op
  if (op?.kind !== 'exec') throw new Error('the last vertex is no RUN')
  return op
}

const mountsOf = async (flags: string, before = '', options: PlanOptions = {}) =>
  lastRun(await planOf(`FROM a\n${before}\nRUN ${flags} x`, options)).mounts

/** Name and op of the vertex that a mount takes its files from. */
const inputsOf = async (text: string, options: PlanOptions = {}) => {
  const plan = await planOf(text, options)
  const inputs = plan.vertices.at(-1)?.inputs ?? []
  return inputs.map((input) => plan.vertices.find(({ id }) => id === input))
}

describe('bind mounts', () => {
  it('take files of the build context from a vertex of their own, by content', async () => {
    const [, files] = await inputsOf('FROM a\nRUN --mount=target=/x,source=d[1] y')
    expect(files).toMatchObject({
      name: '[internal] load build context /d[1]',
      inputs: [],
      op: {
        kind: 'file',
        root: undefined,
        actions: [
          {
            kind: 'copy',
            from: { kind: 'context', name: '' },
            sources: ['/d\\[1]'],
            destination: '/d[1]',
            unpack: false,
          },
        ],
      },
    })
    expect(await mountsOf('--mount=target=/x,source=d[1]')).toEqual([
      { kind: 'bind', target: '/x', input: 1, source: '/d[1]', readonly: true },
    ])
  })

  it('share what they have in common', async () => {
    const plan = await planOf('FROM a\nRUN --mount=target=/x 1\nRUN --mount=target=/y,source=/ 2')
    expect(plan.vertices.map(({ name }) => name)).toEqual([
      '[1/3] FROM docker.io/library/a:latest',
      '[internal] load build context',
      '[2/3] RUN --mount=target=/x 1',
      '[3/3] RUN --mount=target=/y,source=/ 2',
    ])
  })

  it('stand on the working directory, and never outside the source', async () => {
    expect(await mountsOf('--mount=target=b/../c,source=../../e,rw', 'WORKDIR /w')).toMatchObject([
      { target: '/w/c', source: '/e', readonly: false },
    ])
    expect(await mountsOf('--mount=target=$T,source=$S', 'ENV T=/t S=s')).toMatchObject([
      { target: '/t', source: '/s' },
    ])
  })

  it('come from stages, images and nothing', async () => {
    const text = [
      'FROM a AS s\nRUN 1\nFROM b',
      'RUN --mount=from=s,target=/1 --mount=from=img,target=/2 --mount=from=S,target=/3 --mount=from=scratch,target=/4 x',
    ].join('\n')
    expect(lastRun(await planOf(text)).mounts).toMatchObject([
      { input: 1 },
      { input: 0 },
      { input: 1 },
      { input: undefined },
    ])
    expect((await inputsOf(text)).map((vertex) => vertex?.op.kind)).toEqual(['source', 'exec'])
  })

  it('take a number for an image, unlike COPY', async () => {
    const plan = await planOf('FROM scratch AS s\nFROM scratch\nRUN --mount=from=0,target=/x y')
    expect(plan.vertices[0]?.op).toMatchObject({ kind: 'source', reference: '0' })
  })

  it.each([
    ['RUN --mount=target=/ x', 'bad-mount-target'],
    ['RUN --mount=type=tmpfs,target=.. x', 'bad-mount-target'],
    ['RUN --mount=from=Not/Good,target=/x y', 'bad-reference'],
    ['RUN --mount=type=cache,id=$U,target=/x y', 'UndefinedVar'],
    ['RUN --mount=type=$T,target=/x y', 'bad-mount-value'],
    ['RUN --mount=target=${ y', 'bad-variable'],
    ['RUN --mount=from=own,target=/x y', 'dependency-cycle'],
    ['RUN --mount=from=late,target=/x y', 'stage-not-before'],
  ])('%s: %s', async (line, code) => {
    const text = `FROM a AS own\nENV T=tmp\n${line}\nFROM a AS late`
    expect((await codesOf(text, { target: 'own' })).map((each) => each.split('@')[0])).toContain(code)
  })
})

describe('other mounts', () => {
  it('have docker’s defaults', async () => {
    const flags = ['type=cache,target=c/', 'type=tmpfs,target=/t,size=1m', 'type=secret,id=a/b', 'type=ssh']
    const line = flags.map((flag) => `--mount=${flag}`).join(' ')
    expect(await mountsOf(line, 'WORKDIR /w')).toEqual([
      {
        kind: 'cache',
        target: '/w/c',
        id: 'c',
        sharing: 'shared',
        readonly: false,
        uid: 0,
        gid: 0,
        mode: 0o755,
      },
      { kind: 'tmpfs', target: '/t', size: 1 << 20 },
      {
        kind: 'secret',
        id: 'a/b',
        target: '/run/secrets/b',
        required: false,
        uid: 0,
        gid: 0,
        mode: 0o400,
      },
      {
        kind: 'ssh',
        id: 'default',
        target: '/run/buildkit/ssh_agent.0',
        required: false,
        uid: 0,
        gid: 0,
        mode: 0o600,
      },
    ])
  })

  it('count the sockets of a step', async () => {
    expect(await mountsOf('--mount=type=ssh,target=/s --mount=type=ssh --mount=type=ssh')).toMatchObject([
      { target: '/s' },
      { target: '/run/buildkit/ssh_agent.1' },
      { target: '/run/buildkit/ssh_agent.2' },
    ])
  })

  it('keep secrets in the environment out of files and names', async () => {
    const plan = await planOf('FROM a\nENV S=seen\nRUN --mount=type=secret,id=x,env=S echo $S')
    expect(lastRun(plan).mounts).toMatchObject([{ kind: 'secret', env: 'S' }])
    expect(lastRun(plan).mounts?.[0]).not.toHaveProperty('target')
    expect(plan.vertices.at(-1)?.name).toBe('[2/2] RUN --mount=type=secret,id=x,env=S echo ****')
  })

  it('put caches into the namespace that a build arg names', async () => {
    const options = { buildArgs: { BUILDKIT_CACHE_MOUNT_NS: 'ns' } }
    expect(await mountsOf('--mount=type=cache,target=/c', '', options)).toMatchObject([{ id: 'ns//c' }])
  })

  it('fill caches from stages, but not those that get an owner', async () => {
    const cache = async (rest: string) =>
      mountsOf(`--mount=type=cache,target=/c,${rest}`).then((mounts) => mounts?.[0])
    expect(await cache('from=b,source=/s')).toMatchObject({ from: { input: 0, source: '/s' } })
    expect(await cache('from=b,source=/s,uid=3')).toMatchObject({ from: { source: '/s' }, uid: 3 })
    expect(await cache('from=b,uid=3')).not.toHaveProperty('from')
    expect(await cache('uid=3')).not.toHaveProperty('from')
  })
})

describe('triggers', () => {
  it('mount from stages of the file that uses the image', async () => {
    const base = imageWith({ OnBuild: ['RUN --mount=from=tools,target=/t x'] })
    const plan = await planOf('FROM a AS tools\nRUN make\nFROM base\n', { images: { base } })
    expect(plan.vertices.map(({ op }) => op.kind)).toEqual(['source', 'exec', 'source', 'exec'])
    expect(lastRun(plan).mounts).toMatchObject([{ kind: 'bind', input: 1 }])
  })
})

describe('what must be allowed', () => {
  it.each([
    ['--network=host', 'network.host', { network: 'host' }],
    ['--security=insecure', 'security.insecure', { security: 'insecure' }],
    ['--device=v.com/c=d,required', 'device', { devices: [{ name: 'v.com/c=d', required: true }] }],
  ] as const)('%s needs %s', async (flag, right, expected) => {
    const text = `FROM a\nRUN ${flag} x`
    expect((await codesOf(text)).map((each) => each.split('@')[0])).toEqual(['not-allowed'])
    expect(lastRun(await planOf(text, { entitlements: [right] }))).toMatchObject(expected)
  })

  it('is the host’s network once it is the build’s', async () => {
    expect(lastRun(await planOf('FROM a\nRUN --network=host x', { network: 'host' })).network).toBe('host')
  })

  it('is nothing in stages that are not built', async () => {
    expect(await codesOf('FROM a\nRUN --network=host x\nFROM a\nRUN x')).toEqual([])
  })
})

describe('scripts', () => {
  it('with an interpreter line are files that the shell starts', async () => {
    const plan = await planOf(
      'FROM a\nSHELL ["/bin/sh", "-ec"]\nRUN <<-SCRIPT\n\t#!/usr/bin/python\n\tprint()\nSCRIPT\n',
    )
    expect(lastRun(plan)).toMatchObject({
      args: ['/bin/sh', '-ec', '/dev/pipes/SCRIPT'],
      mounts: [
        { kind: 'file', target: '/dev/pipes/SCRIPT', mode: 0o755, text: '#!/usr/bin/python\nprint()\n' },
      ],
    })
    expect(plan.history.at(-1)?.created_by).toBe('RUN /bin/sh -ec /dev/pipes/SCRIPT # buildkit')
  })
})
