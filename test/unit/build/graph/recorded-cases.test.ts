import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultPath, imageWith, type PlanOptions, planText } from '../../../support/plan-dockerfile.ts'

const root = join(import.meta.dirname, '../../../../fixtures/dockerfiles')

interface Case {
  readonly options?: readonly string[]
  /** Images that are built first. */
  readonly before?: object
}

interface Recorded {
  readonly image?: { readonly author?: string }
  readonly config?: object
  readonly history?: readonly object[]
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** Undefined when the case has options that are not the planner's business. */
const planOptions = (words: readonly string[]): PlanOptions | undefined => {
  const buildArgs: Record<string, string> = {}
  const labels: Record<string, string> = {}
  let target: string | undefined
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value] = (words[at + 1] ?? '').split(/=(.*)/s)
    // The value of a variable of the caller, which is looked up before anything is planned.
    if (value === undefined && words[at] !== '--target') return undefined
    switch (words[at]) {
      case '--build-arg':
        buildArgs[name] = value ?? ''
        break
      case '--label':
        labels[name] = value ?? ''
        break
      case '--target':
        target = words[at + 1]
        break
      default:
        return undefined
    }
  }
  return { buildArgs, labels, ...(target === undefined ? {} : { target }) }
}

const base = imageWith({ Env: [defaultPath], Cmd: ['sh'] }, 'busybox')
const directories = readdirSync(root).filter((name) => existsSync(join(root, name, 'expected.json')))

describe('what docker made of the recorded cases', () => {
  for (const name of directories) {
    const { options = [], before } = readJson(join(root, name, 'case.json')) as Case
    const recorded = readJson(join(root, name, 'expected.json')) as Recorded
    const planning = planOptions(options)
    const dockerfile = join(root, name, 'Dockerfile')
    if (!planning || before || !recorded.config || !existsSync(dockerfile)) continue
    const text = readFileSync(dockerfile, 'utf8')
    // A server that only the recording has.
    if (/@[A-Z]+@/.test(text)) continue
    it(name, async () => {
      const outcome = await planText(text, {
        ...planning,
        images: { 'busybox:1.35': base, busybox: base },
      })
      if (outcome.kind !== 'plan') throw new Error(JSON.stringify(outcome, undefined, 2))
      const { config, history, author } = outcome.plan
      const ours = history
        .filter(({ comment }) => comment === 'buildkit.dockerfile.v0')
        .map(({ vertex: _, ...entry }) => entry)
      expect(config).toEqual(recorded.config)
      expect(ours).toEqual(recorded.history?.filter((entry) => 'comment' in entry))
      expect(author).toBe(recorded.image?.author)
    })
  }
})
