import type { RunVerb } from './context.ts'

/** The verbs of tsbuild; each is loaded only when it is called. */
export const tsbuildVerbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  build: async () => (await import('./build/run.ts')).run,
  repro: async () => (await import('./build/repro.ts')).run,
  context: async () => (await import('./build-context/context.ts')).run,
  images: async () => (await import('./images/images.ts')).run,
  image: async () => (await import('./images/image.ts')).run,
  manifest: async () => (await import('./images/manifest.ts')).run,
  tag: async () => (await import('./images/tag.ts')).run,
  untag: async () => (await import('./images/untag.ts')).run,
  diff: async () => (await import('./images/diff.ts')).run,
  rmi: async () => (await import('./images/rmi.ts')).run,
  history: async () => (await import('./images/history.ts')).run,
  inspect: async () => (await import('./images/inspect.ts')).run,
  pull: async () => (await import('./images/pull.ts')).run,
  push: async () => (await import('./images/push.ts')).run,
  save: async () => (await import('./images/save.ts')).run,
  load: async () => (await import('./images/load.ts')).run,
  import: async () => (await import('./images/import.ts')).run,
  prune: async () => (await import('./images/prune.ts')).run,
  df: async () => (await import('./images/df.ts')).run,
  builder: async () => (await import('./store/docker-spellings.ts')).builder,
  system: async () => (await import('./store/docker-spellings.ts')).system,
  fsck: async () => (await import('./store/fsck.ts')).run,
}
