import { type Range, suggest } from '../../foundation/errors/index.ts'
import { formatPlatform, formatReference, type Platform, parseReference } from '../../foundation/oci/index.ts'
import { resolvePath } from './in-root-path.ts'
import type { Op } from './op-types.ts'
import { type Planning, warn } from './planning.ts'
import { stageNames } from './stage-links.ts'
import type { ContextSource, ResolvedImage, VertexId } from './types.ts'
import { addVertex } from './vertex.ts'

/** Where something is asked for. */
export interface Asked {
  readonly range: Range
  readonly instruction: string
}

/** Key of `PlanRequest.images` for an image that is another one on each platform. */
export const imageKey = (reference: string, platform: Platform): string =>
  `${reference} ${formatPlatform(platform)}`

/** What the caller has told of an image. */
export const knownImage = (
  { request }: Planning,
  reference: string,
  platform: Platform,
): ResolvedImage | undefined =>
  request.images.get(imageKey(reference, platform)) ?? request.images.get(reference)

/**
 * What is known of an image. 'waiting' when nothing is: then it is asked for. 'missing' when the caller said that nobody has it.
 */
export const imageOf = (
  planning: Planning,
  reference: string,
  platform: Platform,
  range: Range,
): ResolvedImage | 'waiting' | 'missing' => {
  const { request, needs } = planning
  const image = knownImage(planning, reference, platform)
  if (image) return image
  if (request.missingImages?.has(reference)) return 'missing'
  const key = imageKey(reference, platform)
  if (!needs.has(key)) {
    // Comparing each of many images with each of many stages would take long, and helps nobody.
    const few = needs.size * planning.stagesByName.size < 20_000
    const near = few ? suggest(reference, stageNames(planning)) : undefined
    needs.set(key, { reference, platform, range, ...(near === undefined ? {} : { near }) })
  }
  return 'waiting'
}

/** Docker goes on with an image for another machine, and says so. */
export const checkPlatform = (
  planning: Planning,
  asked: { readonly image: string; readonly platform: Platform; readonly range: Range },
  { config }: ResolvedImage,
): void => {
  const { image, platform, range } = asked
  if (config.os === platform.os && config.architecture === platform.architecture) return
  const { os, architecture, variant } = config
  const found = formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) })
  warn(
    planning,
    range,
    'InvalidBaseImagePlatform',
    `Base image ${image} was pulled with platform "${found}", expected "${formatPlatform(platform)}" for current build`,
  )
}

/** The vertex of an image's root file system. */
export const imageVertex = (
  planning: Planning,
  reference: string,
  image: ResolvedImage,
  work: Asked & { readonly name: (text: string) => string },
): VertexId =>
  addInput(planning, work, work.name(`FROM ${formatReference(parseReference(reference))}`), {
    kind: 'source',
    reference,
    manifest: image.manifest,
  })

/** The vertex of what was fetched and lies in the store; undefined when that is empty. */
export const layersVertex = (
  planning: Planning,
  name: string,
  source: Extract<ContextSource, { readonly kind: 'layers' }>,
  asked: Asked,
): VertexId | undefined =>
  source.layers.length === 0
    ? undefined
    : addInput(planning, asked, contextTitle(name, source.shown), {
        kind: 'layers',
        shown: source.shown,
        layers: source.layers,
      })

/**
 * The vertex of a path of a directory of the caller: a copy of it at the same path of an otherwise empty root, so that its
 * content decides what the steps that use it depend on.
 */
export const localFilesVertex = (planning: Planning, name: string, path: string, asked: Asked): VertexId => {
  const source = resolvePath('/', path)
  const what = name === '' ? 'load build context' : 'load from client'
  return addInput(planning, asked, contextTitle(name, source === '/' ? what : `${what} ${source}`), {
    kind: 'file',
    root: undefined,
    actions: [
      {
        kind: 'copy',
        from: { kind: 'context', name },
        sources: [escapePattern(source)],
        destination: source,
        unpack: false,
      },
    ],
  })
}

/** A path as a pattern that matches only itself. */
export const escapePattern = (path: string): string => path.replace(/[*?[\\]/g, '\\$&')

/** A vertex that is no step of a stage. */
export const addInput = (planning: Planning, { range, instruction }: Asked, name: string, op: Op): VertexId =>
  addVertex(planning, {
    name,
    op,
    inputs: [],
    source: { file: planning.request.dockerfile.file, range, instruction },
  })

const contextTitle = (name: string, text: string): string =>
  name === '' ? `[internal] ${text}` : `[context ${name}] ${text}`
