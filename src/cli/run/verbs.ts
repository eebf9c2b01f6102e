import type { RunVerb } from '../context.ts'
import { containerVerbs } from './container-verbs.ts'

/** The verbs of tsrun. */
export const tsrunVerbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  ...containerVerbs,
  container: async () => (await import('./container.ts')).run,
  network: async () => (await import('../networks/network.ts')).run,
  volume: async () => (await import('../volumes/volume.ts')).run,
  events: async () => (await import('./events.ts')).run,
  healthcheck: async () => (await import('./healthcheck.ts')).run,
}
