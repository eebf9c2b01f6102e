import type { Range } from '../../foundation/errors/index.ts'
import { type From, partOf, resolveFrom } from './check-links.ts'
import { checkPlatform, imageOf, imageVertex, layersVertex } from './input-vertices.ts'
import type { Link } from './link-types.ts'
import type { PlanProblem } from './plan-problem.ts'
import { type Planning, report } from './planning.ts'
import { laterStage } from './stage-links.ts'
import type { VertexId } from './types.ts'

/** Where files to copy or mount are. */
export type Source =
  | { readonly kind: 'vertex'; readonly root: VertexId | undefined }
  /** A directory of the caller. */
  | { readonly kind: 'context'; readonly name: string }
  /** Not known yet, or a problem that was reported. */
  | { readonly kind: 'unresolved' }

/** What COPY --from or a mount's from leads to, for a step of stage `own`; the stages it names are planned already. */
export const sourceOf = (planning: Planning, own: number, from: From): Source => {
  const link = resolveFrom(planning, from, own)
  switch (link.kind) {
    case 'bad':
      return unresolved(planning, from, link.problem)
    case 'scratch':
      return { kind: 'vertex', root: undefined }
    case 'stage':
      if (link.index >= own) return unresolved(planning, from, laterStage(from.text, own, link.index))
      return ofStage(planning, link.index)
    case 'image':
      return ofImage(planning, from, link.reference, true)
    case 'context':
      return ofContext(planning, from, link)
  }
}

/** The build context as an instruction sees it that names no other source. */
export const mainContext = (planning: Planning, range: Range): Source => {
  const source = planning.request.contexts?.get('') ?? { kind: 'local' }
  const from = { text: '', range, by: 'copy' } as const
  return ofContext(planning, from, { kind: 'context', name: '', source })
}

const ofStage = (planning: Planning, index: number): Source => {
  const result = planning.results.get(index) ?? 'failed'
  return typeof result === 'string' ? { kind: 'unresolved' } : { kind: 'vertex', root: result.root }
}

const ofContext = (
  planning: Planning,
  from: From,
  { name, source }: Extract<Link, { readonly kind: 'context' }>,
): Source => {
  switch (source.kind) {
    case 'local':
      return { kind: 'context', name }
    case 'layers': {
      const asked = { range: from.range, instruction: from.text }
      return { kind: 'vertex', root: layersVertex(planning, name, source, asked) }
    }
    case 'image':
      return source.reference === 'scratch'
        ? { kind: 'vertex', root: undefined }
        : ofImage(planning, from, source.reference, false)
  }
}

const ofImage = (
  planning: Planning,
  { range, text, by }: From,
  reference: string,
  platformMatters: boolean,
): Source => {
  const { platform } = planning.request
  const image = imageOf(planning, reference, platform, range)
  if (image === 'waiting') return { kind: 'unresolved' }
  if (image === 'missing') return { kind: 'vertex', root: undefined }
  if (platformMatters) checkPlatform(planning, { image: text, platform, range }, image)
  const instruction = by === 'copy' ? `COPY --from=${text}` : `RUN --mount=from=${text}`
  const name = (title: string): string => title
  return { kind: 'vertex', root: imageVertex(planning, reference, image, { name, range, instruction }) }
}

/** What the file itself says wrong was reported before, also as a cycle; a trigger's mistakes come to light here. */
const unresolved = (planning: Planning, from: From, problem: PlanProblem): Source => {
  const { range } = from
  const { code, message } = problem
  const known = planning.diagnostics.some(
    (each) =>
      (each.code === code && each.range === range && each.message === message) ||
      (code === 'stage-not-before' && each.code === 'dependency-cycle'),
  )
  if (!known) report(planning, range, { ...problem, ...partOf(from) })
  return { kind: 'unresolved' }
}
