import { describe, expect, it } from 'vitest'
import { imageWith, type PlanOptions, planOf } from '../../../support/plan-dockerfile.ts'

const original = [
  'FROM base AS build',
  'ARG MODE=fast',
  'ENV A=1',
  'WORKDIR /src',
  'COPY --chown=1 --chmod=600 a b ./',
  'COPY <<file /inline',
  'text',
  'file',
  'RUN make',
  'FROM other',
  'USER root',
  'COPY --from=build /src/out /out',
  'RUN ["check", "it"]',
].join('\n')

const resultOf = async (text: string, options: PlanOptions = {}) => (await planOf(text, options)).result

/** One change each that means something else. All of them must change the result's id, each to another one. */
const meaningful: readonly (readonly [from: string, to: string])[] = [
  ['MODE=fast', 'MODE=slow'],
  ['ENV A=1', 'ENV A=2'],
  ['ENV A=1', 'ENV B=1'],
  ['ENV A=1', 'ENV A=1 B='],
  ['WORKDIR /src', 'WORKDIR /srx'],
  ['COPY --chown=1', 'COPY --chown=2'],
  ['--chown=1 ', ''],
  ['--chmod=600', '--chmod=601'],
  ['a b ./', 'b a ./'],
  ['a b ./', 'ab ./'],
  ['a b ./', 'a b /elsewhere/'],
  ['COPY --chown', 'ADD --chown'],
  ['\ntext\n', '\ntext \n'],
  ['\ntext\n', '\ntext\n\n'],
  ['/inline', '/inline2'],
  ['RUN make', 'RUN make '.concat('x')],
  ['RUN make', 'RUN  make\nRUN make'],
  ['RUN make', 'RUN --network=none make'],
  ['RUN make', 'USER 1\nRUN make'],
  ['RUN make', 'SHELL ["/bin/bash", "-c"]\nRUN make'],
  ['RUN make', 'RUN ["make"]'],
  ['/src/out /out', '/src/out2 /out'],
  ['/src/out /out', '/src/out /out/'],
  ['USER root', 'USER 0'],
  ['["check", "it"]', '["check it"]'],
  ['["check", "it"]', '["check", "i", "t"]'],
  ['FROM other', 'FROM scratch'],
]

/** Changes that mean the same. */
const meaningless: readonly (readonly [from: string, to: string])[] = [
  ['FROM base', '# a comment\n\nFROM base'],
  ['AS build', 'AS Build'],
  ['ENV A=1', 'env A="1"'],
  ['RUN make', '  RUN   make  '],
  ['RUN make', 'RUN \\\n# why\n\nmake'],
  ['RUN make', 'RUN make\nFROM base AS unused\nRUN unused'],
  ['WORKDIR /src', 'WORKDIR /x/../src/'],
  ['--chown=1 --chmod=600', '--chmod=600 --link --chown=1'],
  ['RUN ["check", "it"]', 'LABEL a=b\nCMD x\nEXPOSE 1\nHEALTHCHECK NONE\nRUN ["check",  "it"]'],
  ['COPY <<file', 'COPY <<-file'],
]

describe('vertex ids', () => {
  it('change with every change that means something, each to its own', async () => {
    const ids = new Map<string | undefined, string>([[await resultOf(original), 'the original']])
    for (const [from, to] of meaningful) {
      expect(original).toContain(from)
      const id = await resultOf(original.replace(from, to))
      expect(ids.get(id), `${from} -> ${to}`).toBeUndefined()
      ids.set(id, `${from} -> ${to}`)
    }
  })

  it.each(meaningless)('stay the same: %j -> %j', async (from, to) => {
    expect(await resultOf(original.replace(from, to))).toBe(await resultOf(original))
  })

  it('depend on the images, not on what they are called', async () => {
    const same = { base: imageWith({}, 'one'), other: imageWith({}, 'two') }
    const renamed = { 'base:latest': imageWith({}, 'one'), other: imageWith({}, 'two') }
    const id = await resultOf(original, { images: same })
    expect(await resultOf(original.replace('FROM base', 'FROM base:latest'), { images: renamed })).toBe(id)
    expect(await resultOf(original, { images: { ...same, base: imageWith({}, 'three') } })).not.toBe(id)
  })

  it('depend on declared build args, not on proxies and others', async () => {
    const id = await resultOf(original)
    expect(await resultOf(original, { buildArgs: { MODE: 'slow' } })).not.toBe(id)
    expect(await resultOf(original, { buildArgs: { HTTP_PROXY: 'x', NOBODY: 'y' } })).toBe(id)
    expect(await resultOf(original, { noCache: true })).toBe(id)
  })

  it('do not mix up neighbours', async () => {
    const id = async (line: string) => resultOf(`FROM a\n${line}`)
    expect(await id('RUN ["a", "b c"]')).not.toBe(await id('RUN ["a b", "c"]'))
    expect(await id('COPY ["a", "b c", "/"]')).not.toBe(await id('COPY ["a b", "c", "/"]'))
    expect(await id('ENV A="1 B=2"\nRUN x')).not.toBe(await id('ENV A=1 B=2\nRUN x'))
  })
})
