import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, type BuildResult, build } from '../../src/engine/index.ts'
import { openStore, type Store } from '../../src/engine/store.ts'

/** What a build in this process made and said. */
export interface Built extends BuildResult {
  /** Names of steps, in order of their names. */
  readonly executed: readonly string[]
  readonly cached: readonly string[]
  readonly fetched: readonly string[]
  readonly warnings: readonly string[]
}

/** An empty store, gone with the test. */
export const emptyStore = (): Store & Disposable => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-build-'))
  return { ...openStore({ root }), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

/** Builds a Dockerfile without RUN on the files of `directory`. */
export const buildIn = async (
  store: Store,
  directory: string,
  text: string,
  options: Partial<BuildOptions> = {},
): Promise<Built> => {
  const started = new Map<string, string>()
  const cached: string[] = []
  const warnings: string[] = []
  const result = await build(
    store,
    {
      context: { kind: 'directory', path: directory },
      dockerfile: { text, name: 'Dockerfile' },
      sync: false,
      ...options,
    },
    {
      events: (event) => {
        if (event.kind === 'vertex-started') started.set(event.id, event.name)
        if (event.kind === 'vertex-cached') cached.push(event.name)
        if (event.kind === 'warning') warnings.push(event.message)
      },
      signal: new AbortController().signal,
      now: Date.now,
      runRoot: join(store.root, 'run'),
      env: {},
    },
  )
  const names = [...started.values()].sort()
  return {
    ...result,
    executed: names.filter((name) => name.startsWith('[')),
    cached: cached.sort(),
    fetched: names.filter((name) => name.startsWith('fetching layer')),
    warnings,
  }
}
