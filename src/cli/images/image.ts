import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { groupOf } from '../verb-group.ts'

type Load = () => Promise<RunVerb>

const list: Load = async () => (await import('./images.ts')).run
const remove: Load = async () => (await import('./rmi.ts')).run

/** docker's and podman's words behind `image`, and the verbs that they are. */
const verbs: Readonly<Record<string, Load>> = {
  build: async () => (await import('../build/run.ts')).run,
  diff: async () => (await import('./diff.ts')).run,
  history: async () => (await import('./history.ts')).run,
  import: async () => (await import('./import.ts')).run,
  inspect: async () => (await import('./inspect.ts')).run,
  list,
  load: async () => (await import('./load.ts')).run,
  ls: list,
  prune: async () => (await import('./prune.ts')).run,
  pull: async () => (await import('./pull.ts')).run,
  push: async () => (await import('./push.ts')).run,
  remove,
  rm: remove,
  save: async () => (await import('./save.ts')).run,
  tag: async () => (await import('./tag.ts')).run,
  tree: async () => {
    const images = await list()
    return (argv, cli) => images(['--tree', ...argv], cli)
  },
  untag: async () => (await import('./untag.ts')).run,
}

const names = Object.keys(verbs).sort().join(', ')

/** `tsbuild image ls|rm|prune|...`: other spellings of tsbuild's verbs. */
export const run: RunVerb = groupOf({
  name: 'image',
  verbs,
  help: `Usage: tsbuild image COMMAND\n\nCommands: ${names}\n`,
  known: `commands are ${names}`,
  unknown: exitCode.usage,
})
