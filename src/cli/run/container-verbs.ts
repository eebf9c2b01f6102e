import type { RunVerb } from '../context.ts'

/** The verbs of containers; each is loaded only when it is called. */
export const containerVerbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  run: async () => (await import('./run.ts')).run,
  create: async () => (await import('./create.ts')).run,
  attach: async () => (await import('./attach.ts')).run,
  start: async () => (await import('./start.ts')).run,
  restart: async () => (await import('./restart.ts')).run,
  stop: async () => (await import('./stop.ts')).run,
  kill: async () => (await import('./kill.ts')).run,
  pause: async () => (await import('./pause.ts')).pause,
  unpause: async () => (await import('./pause.ts')).unpause,
  update: async () => (await import('./update.ts')).run,
  rename: async () => (await import('./rename.ts')).run,
  cp: async () => (await import('../container-files/cp.ts')).run,
  diff: async () => (await import('../container-files/diff.ts')).run,
  export: async () => (await import('../container-files/export.ts')).run,
  commit: async () => (await import('../container-files/commit.ts')).run,
  wait: async () => (await import('./wait.ts')).run,
  rm: async () => (await import('./rm.ts')).run,
  ps: async () => (await import('./ps.ts')).run,
  logs: async () => (await import('./logs.ts')).run,
  exec: async () => (await import('./exec.ts')).run,
  inspect: async () => (await import('./inspect.ts')).run,
  port: async () => (await import('./port.ts')).run,
  top: async () => (await import('./top.ts')).run,
  stats: async () => (await import('./stats.ts')).run,
}
