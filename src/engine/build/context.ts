import { join } from 'node:path'
import {
  type BuildContext,
  ignorePlaces,
  openDirectoryContext,
  readIgnoreFile,
} from '../../build/context/index.ts'
import type { ContextSource } from '../../build/graph/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { type ComparedAhead, comparedAhead } from '../../foundation/native/index.ts'
import { digestOf, type HostPath, hexOf } from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'
import type { BuildOptions, ContextInput, UsedContext } from './types.ts'

/** The directories of the caller, each opened the first time that a step asks for it: a build without COPY reads nothing. */
export interface BuildContexts {
  /** '' is the build context, others are named contexts. Throws `no-context`. */
  get(name: string): BuildContext
  /** Keeps what was learned about unchanged files of those that were opened. */
  save(): void
  /** Those that were asked for. */
  used(): readonly UsedContext[]
}

export const openBuildContexts = (options: BuildOptions, store: Store, ahead?: string): BuildContexts => {
  const opened = new Map<string, UsedContext>()
  const compared = comparedAhead(ahead)
  return {
    used: () => [...opened.values()],
    get: (name) => {
      const known = opened.get(name)
      if (known) return known.context
      const input = name === '' ? options.context : options.contexts?.get(name)
      if (input?.kind !== 'directory') throw noContext(name)
      // The ignore file beside the Dockerfile is that of the main context only.
      const dockerfile = name === '' ? options.dockerfile.path : undefined
      const used = openContext(input.path, dockerfile, { store, compared })
      opened.set(name, used)
      return used.context
    },
    save: () => {
      for (const { context } of opened.values()) context.save()
    },
  }
}

/** What the planner is told of the contexts. */
export const contextSources = ({
  context,
  contexts,
}: Pick<BuildOptions, 'context' | 'contexts'>): ReadonlyMap<string, ContextSource> =>
  new Map([
    ...(context === undefined ? [] : [['', sourceOf(context)] as const]),
    ...[...(contexts ?? [])].map(([name, input]) => [name, sourceOf(input)] as const),
  ])

const sourceOf = (input: ContextInput): ContextSource => {
  switch (input.kind) {
    case 'directory':
      return { kind: 'local' }
    case 'image':
      return input
    case 'layers':
      return { kind: 'layers', shown: input.shown, layers: input.stack }
  }
}

const openContext = (
  directory: HostPath,
  dockerfile: HostPath | undefined,
  { store, compared }: { readonly store: Store; readonly compared: () => ComparedAhead | undefined },
): UsedContext => {
  const ignore = readIgnoreFile({ directory, dockerfile })
  const context = openDirectoryContext({
    directory,
    ...(ignore === undefined ? {} : { ignore }),
    stateFile: join(store.root, 'context', hexOf(digestOf(directory)).slice(0, 32)),
    compared,
  })
  return { context, ignore, ignorePlaces: ignorePlaces({ directory, dockerfile }) }
}

const noContext = (name: string): AppError =>
  name === ''
    ? new AppError('no-context', 'copy from the build context: this build has none', {
        exitCode: exitCode.usage,
        hint: 'give a directory as the context and the Dockerfile with -f',
      })
    : new AppError('no-context', `copy from the context ${name}: it is no directory`, {
        exitCode: exitCode.usage,
        hint: `give one with --build-context ${name}=DIRECTORY`,
      })
