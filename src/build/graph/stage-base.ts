import { AppError } from '../../foundation/errors/index.ts'
import { formatReference, type Platform, parsePlatform, parseReference } from '../../foundation/oci/index.ts'
import { expand, type FromInstruction, type Stage } from '../dockerfile/index.ts'
import { type Planning, report } from './planning.ts'
import { type Link, resolveBase } from './stage-links.ts'
import type { ResolvedImage, VertexId } from './types.ts'
import { addVertex } from './vertex.ts'

/** What a stage starts from. */
export type Base = { readonly platform: Platform } & (Link | { readonly kind: 'scratch' })

/** Reads a FROM with the global ARGs put in. Undefined after a report. */
export const readBase = (planning: Planning, { from, index }: Stage): Base | undefined => {
  const image = expandFrom(planning, from, from.image)
  const platform = readPlatform(planning, from)
  if (image === undefined || !platform) return undefined
  if (image === 'scratch') return { kind: 'scratch', platform }
  const link = resolveBase(planning, image, index, from.range)
  return link && { ...link, platform }
}

const expandFrom = (planning: Planning, from: FromInstruction, text: string): string | undefined => {
  const { globalArgs, request } = planning
  const result = expand(text, { escape: request.dockerfile.escape, lookup: (name) => globalArgs.get(name) })
  if (!result.ok)
    return report(planning, from.range, {
      code: 'bad-word',
      message: `expand ${JSON.stringify(text)}: ${result.message}`,
    })
  const [missing] = result.unset
  const declared = request.dockerfile.globalArgs.some((each) => each.args.some((arg) => arg.name === missing))
  const hint =
    missing === undefined
      ? undefined
      : declared
        ? `give ${missing} a value: ARG ${missing}=VALUE before the first FROM, or --build-arg ${missing}=VALUE`
        : `write ARG ${missing} before the first FROM: ARGs of a stage are not seen by FROM`
  if (result.text.trim() === '')
    return report(planning, from.range, {
      code: 'empty-base',
      message: `expected an image after FROM, found nothing after variables were put into ${text}`,
      hint,
    })
  if (missing !== undefined)
    report(planning, from.range, {
      severity: 'warning',
      code: 'undefined-arg-in-from',
      message: `expected a value for ${missing} in ${text}, found none`,
      hint,
    })
  return result.text
}

const readPlatform = (planning: Planning, from: FromInstruction): Platform | undefined => {
  if (from.platform === undefined) return planning.request.platform
  const text = expandFrom(planning, from, from.platform)
  if (text === undefined) return undefined
  try {
    return parsePlatform(text)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return report(planning, from.range, { code: 'bad-platform', message: error.message, hint: error.hint })
  }
}

/** What is known of an image; asks for it when nothing is. */
export const imageOf = (
  planning: Planning,
  link: Extract<Link, { readonly kind: 'image' }>,
  platform: Platform,
  range: FromInstruction['range'],
): ResolvedImage | undefined => {
  const { reference, near } = link
  const image = planning.request.images.get(reference)
  if (!image && !planning.needs.has(reference))
    planning.needs.set(reference, { reference, platform, range, ...(near === undefined ? {} : { near }) })
  return image
}

/** The vertex of an image's root file system. */
export const sourceVertex = (
  planning: Planning,
  reference: string,
  image: ResolvedImage,
  work: {
    readonly name: (text: string) => string
    readonly range: FromInstruction['range']
    readonly instruction: string
  },
): VertexId =>
  addVertex(planning, {
    name: work.name(`FROM ${formatReference(parseReference(reference))}`),
    op: { kind: 'source', reference, manifest: image.manifest },
    inputs: [],
    source: { file: planning.request.dockerfile.file, range: work.range, instruction: work.instruction },
  })
