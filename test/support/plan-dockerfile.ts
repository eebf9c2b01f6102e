import { parseDockerfile } from '../../src/build/dockerfile/index.ts'
import {
  imageKey,
  type Plan,
  type PlanOutcome,
  type PlanRequest,
  planBuild,
  type ResolvedImage,
} from '../../src/build/graph/index.ts'
import type { ContainerConfig } from '../../src/foundation/oci/index.ts'
import { digestOf } from '../../src/foundation/oci/index.ts'

export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** An image as the engine would describe it. */
export const imageWith = (config: ContainerConfig, name = 'image'): ResolvedImage => ({
  manifest: digestOf(name),
  config: {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [] },
    config,
    history: [{ created_by: `import ${name}` }],
  },
})

export const busybox = imageWith({ Env: [defaultPath], Cmd: ['sh'] }, 'busybox')

export interface PlanOptions extends Partial<Omit<PlanRequest, 'dockerfile' | 'images'>> {
  /** By reference; any other reference is busybox. */
  readonly images?: Readonly<Record<string, ResolvedImage>>
}

/** Parses and plans, giving the planner every image it asks for. */
export const planText = async (text: string, options: PlanOptions = {}): Promise<PlanOutcome> => {
  const dockerfile = await parseDockerfile(text, { file: 'Dockerfile' })
  const known = new Map<string, ResolvedImage>()
  for (;;) {
    const { images, ...request } = options
    const outcome = planBuild({
      buildArgs: {},
      platform: { os: 'linux', architecture: 'amd64' },
      ...request,
      dockerfile,
      images: known,
    })
    if (outcome.kind !== 'needs') return outcome
    for (const { reference, platform } of outcome.references)
      known.set(imageKey(reference, platform), images?.[reference] ?? busybox)
  }
}

/** The plan, or an error that shows why there is none. */
export const planOf = async (text: string, options: PlanOptions = {}): Promise<Plan> => {
  const outcome = await planText(text, options)
  if (outcome.kind === 'plan') return outcome.plan
  throw new Error(JSON.stringify(outcome, undefined, 2))
}

/** `code@line:column-line:column`, or `code` without a place, of every diagnostic. */
export const codesOf = async (text: string, options: PlanOptions = {}): Promise<readonly string[]> => {
  const outcome = await planText(text, options)
  if (outcome.kind === 'needs' || outcome.kind === 'needs-time') return []
  return outcome.diagnostics.map(({ code, range }) =>
    range ? `${code}@${range.start.line}:${range.start.column}-${range.end.line}:${range.end.column}` : code,
  )
}
