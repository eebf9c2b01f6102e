import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type PlanOptions, planOf } from '../../../support/plan-dockerfile.ts'

const root = join(import.meta.dirname, '../../../../fixtures/dockerfiles')

const readJson = (path: string): unknown => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {})

interface Recorded {
  readonly author?: string
  readonly config: object
  readonly history: readonly object[]
  readonly steps: readonly string[]
}

/** BuildKit counts triggers of a parent stage twice in the total; everything else of the names is the same. */
const countedTwice = ['plan-onbuild']

describe.each(readdirSync(root).filter((name) => existsSync(join(root, name, 'expect/plan.json'))))(
  '%s',
  (name) => {
    const directory = join(root, name)
    const plan = () =>
      planOf(
        readFileSync(join(directory, 'Dockerfile'), 'utf8'),
        readJson(join(directory, 'options.json')) as PlanOptions,
      )

    it('plans as before', async () => {
      await expect(`${JSON.stringify(await plan(), undefined, 2)}\n`).toMatchFileSnapshot(
        join(directory, 'expect/plan.json'),
      )
    })

    it('makes the config, history and step names that docker makes', async () => {
      const recorded = readJson(join(directory, 'expect/docker.json')) as Recorded
      const { author, config, history, vertices } = await plan()
      const ours = history
        .filter((entry) => entry.comment === 'buildkit.dockerfile.v0')
        .map(({ created_by, empty_layer }) => ({ created_by, ...(empty_layer ? { empty_layer } : {}) }))
      expect(config).toEqual(recorded.config)
      expect(ours).toEqual(recorded.history)
      expect(author).toBe(recorded.author)
      // Docker shows a base image that is copied from as well under the shorter of its two names.
      const steps = vertices.filter(({ op }) => op.kind !== 'source').map((vertex) => vertex.name)
      if (!countedTwice.includes(name))
        expect(steps.sort()).toEqual(recorded.steps.filter((step) => !step.includes('] FROM ')))
    })
  },
)
