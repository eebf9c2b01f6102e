import { describe, expect, it } from 'vitest'
import type { ContextSource } from '../../../../src/build/graph/index.ts'
import { imageWith, type PlanOptions, planOf } from '../../../support/plan-dockerfile.ts'

const local: ContextSource = { kind: 'local' }
const image = (reference: string): ContextSource => ({ kind: 'image', reference })

const plan = (text: string, contexts: Record<string, ContextSource>, options: PlanOptions = {}) =>
  planOf(text, { contexts: new Map(Object.entries(contexts)), ...options })

const names = async (text: string, contexts: Record<string, ContextSource>, options: PlanOptions = {}) =>
  (await plan(text, contexts, options)).vertices.map(({ name }) => name)

describe('named contexts', () => {
  it.each(['alpine', 'alpine:latest', 'docker.io/library/alpine', 'docker.io/library/alpine:latest'])(
    'replace an image called %s by all of its names',
    async (name) => {
      for (const from of ['alpine', 'docker.io/library/alpine:latest'])
        expect(await names(`FROM ${from}\nRUN x`, { [name]: image('mine') })).toEqual([
          '[1/2] FROM docker.io/library/mine:latest',
          '[2/2] RUN x',
        ])
    },
  )

  it('do not replace other tags', async () => {
    expect(await names('FROM alpine:3', { alpine: image('mine') })).toEqual([
      '[1/1] FROM docker.io/library/alpine:3',
    ])
  })

  it('may be for one platform', async () => {
    const contexts = { 'alpine::linux/arm64': image('arm'), alpine: image('any') }
    expect(await names('FROM alpine', contexts)).toEqual(['[1/1] FROM docker.io/library/any:latest'])
    const arm = imageWith({})
    expect(await names('FROM --platform=linux/aarch64 alpine', contexts, { images: { arm } })).toEqual([
      '[1/1] FROM docker.io/library/arm:latest',
    ])
  })

  it('are directories to copy from', async () => {
    const { vertices } = await plan('FROM a\nCOPY --from=src f /f', { src: local })
    expect(vertices.at(-1)?.op).toMatchObject({ actions: [{ from: { kind: 'context', name: 'src' } }] })
    expect(vertices).toHaveLength(2)
  })

  it('are directories to mount and to start from', async () => {
    const { vertices, config } = await plan(
      'FROM src\nWORKDIR /w\nRUN --mount=from=src,source=d,target=/t x',
      {
        src: local,
      },
    )
    expect(vertices.map(({ name }) => name)).toEqual([
      '[context src] load from client',
      '[stage-0 1/3] WORKDIR /w',
      '[context src] load from client /d',
      '[stage-0 2/3] RUN --mount=from=src,source=d,target=/t x',
    ])
    expect(config).toMatchObject({ WorkingDir: '/w' })
  })

  it('stand for a whole stage of their name', async () => {
    const text = 'FROM nowhere AS base\nRUN never\nFROM base\nCOPY --from=base f /f\nENV A=1'
    const base = imageWith({ Env: ['B=2'], OnBuild: ['RUN trigger'] })
    const replaced = await plan(text, { base: image('img') }, { images: { img: base } })
    expect(replaced.vertices.map(({ name }) => name)).toEqual([
      expect.stringContaining('FROM docker.io/library/img:latest'),
      '[stage-1 1/1] COPY --from=base f /f',
    ])
    expect(replaced.config.Env).toEqual(expect.arrayContaining(['B=2', 'A=1']))
  })

  it('are never called scratch', async () => {
    expect(await names('FROM scratch\nCOPY f /', { scratch: local })).toEqual(['[1/1] COPY f /'])
  })

  it('may be nothing, or what was fetched', async () => {
    expect(await names('FROM nothing', { nothing: image('scratch') })).toEqual([])
    const fetched: ContextSource = { kind: 'layers', shown: 'a.tar', layers: ['l'] }
    expect(await names('FROM got', { got: fetched })).toEqual(['[context got] a.tar'])
    expect(await names('FROM got', { got: { ...fetched, layers: [] } })).toEqual([])
  })
})
