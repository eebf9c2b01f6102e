import type { RuncVerb } from './context.ts'

/** The verbs of tsrunc; each is loaded only when it is called. */
export const runcVerbs: Readonly<Record<string, () => Promise<RuncVerb>>> = {
  create: async () => (await import('./create.ts')).create,
  run: async () => (await import('./create.ts')).run,
  start: async () => (await import('./life.ts')).start,
  kill: async () => (await import('./life.ts')).kill,
  delete: async () => (await import('./life.ts')).remove,
  pause: async () => (await import('./life.ts')).pause,
  resume: async () => (await import('./life.ts')).resume,
  exec: async () => (await import('./exec.ts')).exec,
  state: async () => (await import('./look.ts')).state,
  list: async () => (await import('./look.ts')).list,
  ps: async () => (await import('./ps.ts')).ps,
  events: async () => (await import('./events.ts')).events,
  update: async () => (await import('./update.ts')).update,
  features: async () => (await import('./features.ts')).features,
  spec: async () => (await import('./spec.ts')).spec,
  checkpoint: async () => (await import('./refuse.ts')).refuseCheckpoint,
  restore: async () => (await import('./refuse.ts')).refuseCheckpoint,
}
