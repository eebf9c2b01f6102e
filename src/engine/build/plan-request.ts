import type { ParsedDockerfile } from '../../build/dockerfile/index.ts'
import type { PlanRequest } from '../../build/graph/index.ts'
import { hostPlatform } from '../../foundation/oci/index.ts'
import { contextSources } from './context.ts'
import type { PlanImages } from './images-for-plan.ts'
import type { BuildOptions } from './types.ts'

/** What the planner is asked, apart from the images that become known only while it is asked. */
export const planRequestOf = (
  options: BuildOptions,
  dockerfile: ParsedDockerfile,
  images: PlanImages,
): PlanRequest => ({
  dockerfile,
  ...(options.target === undefined ? {} : { target: options.target }),
  buildArgs: options.buildArgs ?? {},
  labels: options.labels ?? {},
  platform: options.platform ?? hostPlatform(),
  isPlatformGiven: options.platform !== undefined,
  buildPlatform: hostPlatform(),
  ...(options.platforms && { platformInNames: true }),
  noCache: options.noCache ?? false,
  noCacheFilter: options.noCacheFilter ?? [],
  network: options.network ?? 'default',
  contexts: contextSources(options),
  entitlements: options.entitlements ?? [],
  exec: options.exec ?? {},
  images: images.resolved,
})
