// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { parseDockerfile } from '../../../../src/build/dockerfile/index.ts'
import {
  type ContextSource,
  type ExecOp,
  type Plan,
  type PlanOutcome,
  planBuild,
} from '../../../../src/build/graph/index.ts'
import {
  codesOf,
  defaultPath,
  imageWith,
  type PlanOptions,
  planOf,
  planText,
} from '../../../support/plan-dockerfile.ts'

const execs = (plan: Plan): readonly ExecOp[] =>
  plan.vertices.flatMap(({ op }) => (op.kind === 'exec' ? [op] : []))

const lastRun = async (text: string, options: PlanOptions = {}): Promise<ExecOp> => {
  const op = execs(await planOf(text, options)).at(-1)
  if (!op) throw new Error('no RUN in the plan')
  return op
}

/** Env of the last RUN, without PATH. */
const envOf = async (text: string, options: PlanOptions = {}): Promise<readonly string[]> =>
  (await lastRun(text, options)).env.filter((pair) => !pair.startsWith('PATH='))

const namesOf = (plan: Plan): readonly string[] => plan.vertices.map(({ name }) => name)

describe('needs', () => {
  const ask = async (text: string, target?: string): Promise<PlanOutcome> =>
    planBuild({
      dockerfile: await parseDockerfile(text, { file: 'Dockerfile' }),
      buildArgs: {},
      platform: { os: 'linux', architecture: 'amd64' },
      images: new Map(),
      ...(target === undefined ? {} : { target }),
    })

  const referencesOf = (outcome: PlanOutcome): readonly string[] =>
    outcome.kind === 'needs' ? outcome.references.map(({ reference }) => reference) : []

  it('asks at once for all images that can be known to be needed', async () => {
    const text =
      'FROM a AS one\nFROM b AS two\nCOPY --from=one / /\nCOPY --from=c:1 / /\nCOPY --from=c:1 /x /y\n'
    expect(referencesOf(await ask(text))).toEqual(['a', 'b', 'c:1'])
  })

  it('does not ask for what the target does not need', async () => {
    expect(referencesOf(await ask('FROM a AS one\nFROM b AS two\nFROM one\n'))).toEqual(['a'])
    expect(referencesOf(await ask('FROM a AS one\nFROM b AS two\n', 'one'))).toEqual(['a'])
  })

  it('says where, for which platform, and what may have been meant', async () => {
    expect(await ask('FROM scratch AS builder\nFROM scratch\nCOPY --from=bilder /a /b\n')).toMatchObject({
      kind: 'needs',
      references: [
        {
          reference: 'bilder',
          near: 'builder',
          platform: { os: 'linux', architecture: 'amd64' },
          range: { start: { line: 3 } },
        },
      ],
    })
  })

  it('takes --platform of FROM', async () => {
    expect(await ask('FROM --platform=linux/arm/v6 a\n')).toMatchObject({
      references: [{ platform: { os: 'linux', architecture: 'arm', variant: 'v6' } }],
    })
  })

  it('needs nothing for scratch', async () => {
    const outcome = await ask('FROM scratch\n')
    expect(outcome).toMatchObject({ kind: 'plan', plan: { vertices: [], result: undefined } })
  })
})

describe('stages', () => {
  it('plans only what the target needs, inputs before users', async () => {
    const text = 'FROM a AS x\nRUN 1\nFROM a AS y\nRUN 2\nFROM a AS z\nCOPY --from=x /f /f\n'
    const plan = await planOf(text)
    expect(namesOf(plan)).toEqual([
      '[x 1/2] FROM docker.io/library/a:latest',
      '[x 2/2] RUN 1',
      '[z 2/2] COPY --from=x /f /f',
    ])
    const seen = new Set<string>()
    for (const { id, inputs } of plan.vertices) {
      expect(inputs.every((input) => seen.has(input))).toBe(true)
      seen.add(id)
    }
    expect(plan.result).toBe(plan.vertices.at(-1)?.id)
  })

  it.each([
    ['X', '[x 2/2] RUN 1'],
    ['0', '[x 2/2] RUN 1'],
    ['y', '[y 2/2] RUN 2'],
  ])('builds --target %s', async (target, name) => {
    const plan = await planOf('FROM a AS x\nRUN 1\nFROM a AS y\nRUN 2\n', { target })
    expect(namesOf(plan).at(-1)).toBe(name)
  })

  it('makes equal work one vertex', async () => {
    const plan = await planOf(
      'FROM a AS x\nRUN 1\nFROM a AS y\nRUN 1\nFROM a\nCOPY --from=x / /x\nCOPY --from=y / /y\n',
    )
    expect(execs(plan)).toHaveLength(1)
  })

  it('copies from the image a stage starts from without a second input', async () => {
    const plan = await planOf('FROM a\nCOPY --from=a /x /y\n')
    expect(plan.vertices.at(-1)?.inputs).toHaveLength(1)
  })

  it('copies from a stage without any file', async () => {
    const plan = await planOf('FROM scratch AS none\nFROM a\nCOPY --from=none / /\n')
    expect(plan.vertices.at(-1)?.op).toMatchObject({
      actions: [{ from: { kind: 'input', input: undefined } }],
    })
  })

  it('takes the latest earlier stage of a name', async () => {
    const plan = await planOf('FROM a AS x\nRUN 1\nFROM a AS x\nRUN 2\nFROM x\nRUN 3\n')
    expect(execs(plan).map(({ args }) => args[2])).toEqual(['2', '3'])
  })

  it('marks stages for which the cache is off', async () => {
    const text = 'FROM a AS x\nRUN 1\nFROM x AS y\nRUN 2\n'
    const marks = async (options: PlanOptions) =>
      (await planOf(text, options)).vertices.filter(({ noCache }) => noCache).map(({ name }) => name)
    expect(await marks({})).toEqual([])
    expect(await marks({ noCacheFilter: ['Y'] })).toEqual(['[y 1/1] RUN 2'])
    expect(await marks({ noCache: true })).toEqual(['[x 2/2] RUN 1', '[y 1/1] RUN 2'])
  })
})

describe('variables', () => {
  const scopes: readonly (readonly [
    rule: string,
    text: string,
    env: readonly string[],
    options?: PlanOptions,
  ])[] = [
    ['a global ARG is not seen in a stage', 'ARG A=1\nFROM a\nRUN x', []],
    ['unless declared again', 'ARG A=1\nFROM a\nARG A\nRUN x', ['A=1']],
    ['a default of the stage wins over the global one', 'ARG A=1\nFROM a\nARG A=2\nRUN x', ['A=2']],
    ['--build-arg wins over both', 'ARG A=1\nFROM a\nARG A=2\nRUN x', ['A=3'], { buildArgs: { A: '3' } }],
    ['an empty --build-arg is a value', 'FROM a\nARG A=2\nRUN x', ['A='], { buildArgs: { A: '' } }],
    ['ENV after ARG wins', 'FROM a\nARG A=1\nENV A=2\nRUN x', ['A=2'], { buildArgs: { A: '3' } }],
    ['ARG without a value is not set', 'FROM a\nARG A\nRUN x', []],
    ['ARG without a value keeps ENV', 'FROM a\nENV A=1\nARG A\nRUN x', ['A=1']],
    ['ARG is seen from its line on', 'FROM a\nARG B=$A\nARG A=1\nARG C=$A\nRUN x', ['B=', 'A=1', 'C=1']],
    [
      'a stage inherits ARG and ENV of the stage it is from',
      'FROM a AS p\nARG A=1\nENV E=2\nFROM p\nRUN x',
      ['A=1', 'E=2'],
    ],
    ['another stage does not', 'FROM a AS p\nARG A=1\nENV E=2\nFROM a\nRUN x', []],
    ['one ENV line uses the values from before it', 'FROM a\nENV A=1\nENV A=2 B=$A\nRUN x', ['A=2', 'B=1']],
    ['prototype names are names', 'FROM a\nARG constructor\nENV B=${toString:-unset}\nRUN x', ['B=unset']],
    ['a __proto__ arg is passed', 'FROM a\nARG __proto__=1\nRUN x', ['__proto__=1']],
    ['platform args need a declaration', 'FROM a\nARG TARGETARCH\nRUN $TARGETOS', ['TARGETARCH=amd64']],
  ]
  for (const [rule, text, expected, options] of scopes)
    it(rule, async () => {
      expect(await envOf(text, options)).toEqual(expected)
    })

  it('gives FROM the global and platform ARGs', async () => {
    const plan = await planOf('ARG V=1\nARG I=img:$V\nFROM $I-$TARGETARCH\n', { buildArgs: { V: '2' } })
    expect(namesOf(plan)).toEqual(['[1/1] FROM docker.io/library/img:2-amd64'])
  })

  it('knows which build args nobody declares', async () => {
    const options = { buildArgs: { A: '1', B: '2', C: '3', http_proxy: 'p' } }
    const outcome = await planText('ARG A\nFROM a AS x\nARG B\nFROM a\nRUN x\n', options)
    expect(outcome).toMatchObject({ kind: 'plan', unusedBuildArgs: ['C'] })
  })

  it('passes proxy args aside, and in the environment once declared', async () => {
    const buildArgs = { HTTP_PROXY: 'p', no_proxy: 'n' }
    const aside = await lastRun('FROM a\nRUN x', { buildArgs })
    expect(aside.proxyEnv).toEqual(['HTTP_PROXY=p', 'http_proxy=p', 'NO_PROXY=n', 'no_proxy=n'])
    const declared = await lastRun('FROM a\nARG HTTP_PROXY\nRUN x', { buildArgs })
    expect(declared.env).toContain('HTTP_PROXY=p')
    expect(declared.proxyEnv).toEqual(['http_proxy=p', 'NO_PROXY=n', 'no_proxy=n'])
    expect((await lastRun('FROM a\nRUN x')).proxyEnv).toEqual([])
  })
})

describe('config', () => {
  const base = imageWith({
    Env: ['A=1', 'B=x=y'],
    Entrypoint: ['e'],
    Cmd: ['c'],
    User: 'u',
    WorkingDir: '/w',
    Labels: { l: '1' },
    ExposedPorts: { '1/tcp': {} },
    Volumes: { '/v': {} },
    StopSignal: 'SIGINT',
    Shell: ['/bin/bash', '-c'],
    Healthcheck: { Test: ['CMD', 'h'] },
  })
  const configOf = async (text: string) => (await planOf(`FROM base\n${text}`, { images: { base } })).config

  it('inherits all of the base, and adds docker’s PATH when there is none', async () => {
    expect(await configOf('')).toEqual({ ...base.config.config, Env: ['A=1', 'B=x=y', defaultPath] })
  })

  it('changes only what is said', async () => {
    expect(
      await configOf('ENV A=2\nLABEL m=2 l=3\nEXPOSE 2\nVOLUME /q\nUSER v\nWORKDIR s\nSTOPSIGNAL 9'),
    ).toMatchObject({
      Env: ['A=2', 'B=x=y', defaultPath],
      Labels: { l: '3', m: '2' },
      ExposedPorts: { '1/tcp': {}, '2/tcp': {} },
      Volumes: { '/v': {}, '/q': {} },
      User: 'v',
      WorkingDir: '/w/s',
      StopSignal: '9',
    })
  })

  it('leaves out an emptied CMD and ENTRYPOINT, and what they had been in the base', async () => {
    expect(await configOf('CMD []')).toMatchObject({ Entrypoint: ['e'] })
    for (const text of ['CMD []', 'ENTRYPOINT []']) expect(await configOf(text)).not.toHaveProperty('Cmd')
    expect(await configOf('ENTRYPOINT []')).not.toHaveProperty('Entrypoint')
  })

  it('drops a CMD of the base with a new ENTRYPOINT, and keeps one of its own', async () => {
    expect(await configOf('ENTRYPOINT ["x"]')).not.toHaveProperty('Cmd')
    expect(await configOf('CMD ["d"]\nENTRYPOINT ["x"]')).toMatchObject({ Entrypoint: ['x'], Cmd: ['d'] })
    expect(await configOf('ENTRYPOINT ["x"]\nCMD ["d"]')).toMatchObject({ Entrypoint: ['x'], Cmd: ['d'] })
  })

  it.each([
    ['/a//b/../c/', '/a//b/../c/', '/a/c'],
    ['d/./e/', '/w/d/e', '/w/d/e'],
    ['../../..', '/', '/'],
    ['/../x', '/../x', '/x'],
  ])('WORKDIR %s is %s in the config and %s for steps', async (path, written, cwd) => {
    const text = `FROM base\nWORKDIR ${path}\nRUN x`
    expect((await planOf(text, { images: { base } })).config.WorkingDir).toBe(written)
    expect((await lastRun(text, { images: { base } })).cwd).toBe(cwd)
  })

  it('runs steps in the shell, user and directory of the base', async () => {
    expect(await lastRun('FROM base\nRUN x', { images: { base } })).toMatchObject({
      args: ['/bin/bash', '-c', 'x'],
      user: 'u',
      cwd: '/w',
    })
  })

  it('adds --label', async () => {
    const plan = await planOf('FROM base\nLABEL l=2', { images: { base }, labels: { l: '9', n: '1' } })
    expect(plan.config.Labels).toEqual({ l: '9', n: '1' })
    expect(plan.history.at(-1)?.created_by).toBe('LABEL l=2')
  })

  it('has an entry for every layer of a context that it starts from', async () => {
    const layers = { kind: 'layers', shown: 'x.tar', layers: ['a', 'b'] } as const
    const contexts = new Map<string, ContextSource>([
      ['dir', { kind: 'local' }],
      ['tar', layers],
    ])
    const made = async (text: string): Promise<readonly unknown[]> =>
      (await planOf(text, { contexts })).history.map(({ created_by, vertex }) => [
        created_by,
        vertex !== undefined,
      ])
    expect(await made('FROM dir\nENV A=1')).toEqual([
      ['local source for dir', true],
      ['ENV A=1', false],
    ])
    expect(await made('FROM tar\nFROM tar AS b\nCOPY --from=0 x /')).toHaveLength(3)
    // In place of a stage, without its instructions.
    expect(await made('FROM busybox AS dir\nRUN false\nFROM dir\n')).toEqual([['local source for dir', true]])
  })

  it('is for the platform of its base, unless another one was asked for', async () => {
    const base = imageWith({})
    const images = { base: { ...base, config: { ...base.config, architecture: 'arm64' } } }
    expect((await planOf('FROM base', { images })).platform.architecture).toBe('arm64')
    const platform = { os: 'linux', architecture: 's390x' }
    expect((await planOf('FROM base', { images, platform, isPlatformGiven: true })).platform).toEqual(
      platform,
    )
  })

  it('keeps the history of the base and ties layers to vertices', async () => {
    const plan = await planOf('FROM base\nENV A=1\nRUN x', { images: { base } })
    expect(
      plan.history.map(({ created_by, empty_layer, vertex }) => [created_by, empty_layer, vertex]),
    ).toEqual([
      ['import image', undefined, undefined],
      ['ENV A=1', true, undefined],
      ['RUN /bin/bash -c x # buildkit', undefined, plan.vertices.at(-1)?.id],
    ])
  })
})

describe('triggers', () => {
  const base = imageWith({ Env: [defaultPath], OnBuild: ['RUN one', 'COPY --from=helper /h /h', 'ENV T=1'] })
  const images = { base }

  it('run right after FROM and are not inherited', async () => {
    const plan = await planOf(
      'FROM a AS helper\nRUN make\nFROM base AS mid\nRUN two\nFROM mid\nRUN three\n',
      { images },
    )
    expect(namesOf(plan).slice(-6)).toEqual([
      '[helper 2/2] RUN make',
      '[mid 1/4] FROM docker.io/library/base:latest',
      '[mid 2/4] ONBUILD RUN one',
      '[mid 3/4] ONBUILD COPY --from=helper /h /h',
      '[mid 4/4] RUN two',
      '[stage-2 1/1] RUN three',
    ])
    expect(plan.config).not.toHaveProperty('OnBuild')
    expect(execs(plan).at(-1)?.env).toContain('T=1')
  })

  it.each([
    ['FOO x', 'unknown-instruction'],
    ['FROM x', 'bad-onbuild'],
    ['ONBUILD RUN x', 'bad-onbuild'],
    ['RUN a\nRUN b', 'bad-onbuild'],
    ['COPY x', 'missing-destination'],
    ['', 'unknown-instruction'],
  ])('refuses %j', async (trigger, code) => {
    const bad = imageWith({ OnBuild: [trigger] })
    expect(await codesOf('# one\nFROM bad\n', { images: { bad } })).toEqual([`${code}@2:0-2:8`])
  })
})

describe('errors', () => {
  const wrong: readonly (readonly [text: string, codes: readonly string[], options?: PlanOptions])[] = [
    ['FROM a\nCOPY --from=0 x y', ['dependency-cycle@2:0-2:17']],
    ['FROM a AS s\nCOPY --from=s x y', ['dependency-cycle@2:0-2:17']],
    ['FROM a AS s\nCOPY --from=t x y\nFROM a AS t', []],
    ['FROM a AS s\nCOPY --from=t x y\nFROM a AS t', ['stage-not-before@2:0-2:17'], { target: 's' }],
    ['FROM a\nCOPY --from=1 x y\nFROM a', ['stage-not-before@2:0-2:17'], { target: '0' }],
    ['FROM a AS s\nCOPY --from=t x y\nFROM a AS t\nCOPY --from=s x y', ['dependency-cycle@4:0-4:17']],
    ['FROM a AS s\nFROM a AS s\nCOPY --from=s x y', ['dependency-cycle@3:0-3:17']],
    ['FROM a AS Up\nFROM Up', ['bad-reference@2:0-2:7']],
    ['FROM a\nFROM a\nCOPY --from=7 x y', ['unknown-stage@3:0-3:17']],
    ['FROM a\nCOPY --from=$X x y', ['variable-in-from@2:0-2:18']],
    ['FROM a\nCOPY --from=Not/An:Image! x y', ['bad-reference@2:0-2:29']],
    ['FROM a AS s\nCOPY --from=s x y\nFROM a', ['dependency-cycle@2:0-2:17']],
    ['FROM $X', ['UndefinedArgInFrom@1:0-1:7', 'empty-base@1:0-1:7']],
    ['FROM a:$X', ['UndefinedArgInFrom@1:0-1:9', 'bad-reference@1:0-1:9']],
    ['FROM ${X?say}', ['bad-word@1:0-1:13']],
    ['ARG A=${\nFROM a', ['bad-word@1:0-1:8']],
    ['FROM --platform=x a', ['bad-platform@1:0-1:19']],
    ['FROM a AS one\nFROM b AS two', ['unknown-target'], { target: 'three' }],
    ['FROM a\nENV A=${', ['bad-word@2:0-2:8']],
    [
      'FROM a\nEXPOSE nonsense 99999 1/x 9-8',
      ['bad-port@2:0-2:29', 'bad-port@2:0-2:29', 'bad-port@2:0-2:29', 'bad-port@2:0-2:29'],
    ],
    ['FROM a\nSTOPSIGNAL FOO', ['bad-signal@2:0-2:14']],
    ['FROM a\nCOPY --chmod=999 a b', ['bad-chmod@2:0-2:20']],
    ['FROM a\nVOLUME $X', ['UndefinedVar@2:0-2:9', 'empty-volume@2:0-2:9']],
    ['FROM a\nRUN --security=insecure x', ['not-allowed@2:0-2:25']],
    ['FROM a\nRUN --network=host x', ['not-allowed@2:0-2:20']],
    ['FROM a\nRUN --device=v.com/c=d x', ['not-allowed@2:0-2:24']],
    ['FROM a\nENV A=${\nSTOPSIGNAL x\nFROM scratch', []],
  ]
  for (const [text, expected, options] of wrong)
    it(JSON.stringify(text), async () => {
      expect(await codesOf(text, options)).toEqual(expected)
    })

  it('reports all of them at once', async () => {
    expect(await codesOf('FROM a\nENV A=${\nEXPOSE x\nSTOPSIGNAL y\nCOPY --chmod=9 a b')).toHaveLength(4)
  })

  it('suggests targets', async () => {
    const outcome = await planText('FROM a AS builder\nFROM a\n', { target: 'bilder' })
    expect(outcome).toMatchObject({
      kind: 'diagnostics',
      diagnostics: [
        {
          hint: 'did you mean builder?',
          message: 'expected --target to be one of builder, 1, found "bilder"',
        },
      ],
    })
  })

  it('says where the instruction is explained', async () => {
    const outcome = await planText('FROM a\nCOPY --chmod=9 \\\n a b\nEXPOSE 80 x\n')
    expect(outcome).toMatchObject({
      diagnostics: [{ url: expect.stringMatching(/#copy$/) }, { url: expect.stringMatching(/#expose$/) }],
    })
  })

  it('passes on what parsing found', async () => {
    expect(await codesOf('FORM a')).toEqual(['unknown-instruction@1:0-1:4'])
  })
})

describe('file ops', () => {
  const actionsOf = async (text: string) => {
    const op = (await planOf(text)).vertices.at(-1)?.op
    return op?.kind === 'file' ? op.actions : []
  }

  it.each([
    ['.', '/w/'],
    ['./', '/w/'],
    ['..', '/'],
    ['d', '/w/d'],
    ['d/', '/w/d/'],
    ['d/.', '/w/d/'],
    ['/d/../../e', '/e'],
    ['/', '/'],
    ['$NO', '/w/'],
  ])('COPY to %s from /w goes to %s', async (destination, expected) => {
    expect(await actionsOf(`FROM a\nWORKDIR /w\nCOPY x ${destination}`)).toMatchObject([
      { destination: expected },
    ])
  })

  it('unpacks for ADD only', async () => {
    expect(await actionsOf('FROM a\nADD x y')).toMatchObject([{ unpack: true }])
    expect(await actionsOf('FROM a\nADD --unpack=false x y')).toMatchObject([{ unpack: false }])
    expect(await actionsOf('FROM a\nCOPY x y')).toMatchObject([{ unpack: false }])
  })

  it('writes here-documents after the files, expanded unless quoted', async () => {
    expect(
      await actionsOf('FROM a\nENV V=1\nCOPY --chown=2 --chmod=600 <<A f <<"B" /d\n$V "\nA\n$V\nB\n'),
    ).toEqual([
      {
        kind: 'copy',
        from: { kind: 'context', name: '' },
        sources: ['f'],
        destination: '/d',
        chown: '2',
        chmod: '600',
        unpack: false,
      },
      { kind: 'write', path: '/d', name: 'A', text: '1 "\n', chown: '2', chmod: '600' },
      { kind: 'write', path: '/d', name: 'B', text: '$V\n', chown: '2', chmod: '600' },
    ])
  })

  it('keeps a here-document inside its destination', async () => {
    expect(await actionsOf('FROM a\nCOPY <<../../etc/x /d/\nE\n../../etc/x')).toMatchObject([
      { path: '/d/x' },
    ])
  })
})
