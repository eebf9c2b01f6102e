import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CopyAction, FileOp } from '../../../../src/build/graph/index.ts'
import { fileOpKey } from '../../../../src/build/ops/index.ts'
import type { FileTree, TreeEntry } from '../../../../src/foundation/filetree/index.ts'

interface File {
  readonly text: string
  readonly mode: number
  readonly uid: number
  readonly mtime: number
}
/** Files of a directory `d`, by name. */
type Files = Readonly<Record<string, File>>

const hex = (text: string): string => Buffer.from(text).toString('hex')
const treeOf = (files: Files): FileTree => {
  const directory = (path: string): TreeEntry => ({ ...base, path, type: 'directory', mode: 0o755 })
  const entries = Object.entries(files).map(([name, file]): TreeEntry => {
    const { mode, uid, mtime, text } = file
    return { ...base, path: `d/${name}`, type: 'file', mode, uid, mtime, size: text.length }
  })
  const all = [directory(''), directory('d'), ...entries.sort((a, b) => (a.path < b.path ? -1 : 1))]
  const textOf = (entry: TreeEntry) => files[entry.path.slice(2)]?.text ?? ''
  return {
    lookup: (path) => all.find((entry) => entry.path === path.replace(/^\/+/, '')),
    children: (path) => (path === 'd' ? entries : path === '' ? [directory('d')] : []),
    content: (entry) => ({ kind: 'bytes', bytes: Buffer.from(textOf(entry)) }),
    contentDigest: (entry) => hex(textOf(entry)),
  }
}
const base = { uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 }

type Step = Pick<CopyAction, 'sources' | 'destination' | 'unpack'> &
  Partial<Pick<CopyAction, 'chown' | 'chmod' | 'parents' | 'exclude'>>

const keyOf = (files: Files, step: Step): string => {
  const action: CopyAction = { kind: 'copy', from: { kind: 'input', input: 0 }, ...step }
  const op: FileOp = { kind: 'file', root: undefined, actions: [action] }
  const context = () => {
    throw new Error('no context')
  }
  return JSON.stringify(fileOpKey(op, { inputs: () => treeOf(files), context }))
}

/** What the step copies, said in another way than the key does. */
const meaningOf = (files: Files, { sources, exclude, parents, ...rest }: Step): string => {
  const out = (name: string) => (exclude ?? []).some((pattern) => pattern === (parents ? `d/${name}` : name))
  const kept = Object.entries(files)
    .filter(([name]) => !out(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { text, mode, uid }]) => [name, text, mode, uid])
  return JSON.stringify([sources, kept, rest, parents === true])
}

const file = fc.record({
  text: fc.constantFrom('', 'a', 'b'),
  mode: fc.constantFrom(0o644, 0o755, 0o4755),
  uid: fc.constantFrom(0, 1),
  mtime: fc.integer({ min: 0, max: 3 }),
})
const files: fc.Arbitrary<Files> = fc.dictionary(fc.constantFrom('a', 'b', 'c'), file, { minKeys: 1 })
const option = <T>(...values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined })
const step = fc
  .record({
    destination: fc.constantFrom('/x', '/x/', '/y'),
    unpack: fc.boolean(),
    chown: option('1', '1:2'),
    chmod: option('644', 'u+x'),
    parents: option(true),
    exclude: option(['a'], ['b'], ['none'], ['d/a']),
  })
  .map((options): Step => {
    const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
    return { ...options, sources: ['d'], ...set } as Step
  })

describe('the key of a COPY', () => {
  it('differs exactly when the meaning does', () => {
    fc.assert(
      fc.property(files, files, step, step, (one, other, first, second) => {
        expect(keyOf(one, first) === keyOf(other, second)).toBe(
          meaningOf(one, first) === meaningOf(other, second),
        )
      }),
      { numRuns: 3000 },
    )
  })

  it('does not know times, nor what is excluded', () => {
    fc.assert(
      fc.property(files, step, fc.nat(), (some, how, mtime) => {
        const later = Object.fromEntries(Object.entries(some).map(([name, one]) => [name, { ...one, mtime }]))
        expect(keyOf(later, how)).toBe(keyOf(some, how))
        const out: Step = { ...how, parents: false, exclude: ['z'] }
        const more = { ...some, z: { text: `${mtime}`, mode: 0o600, uid: 7, mtime } }
        expect(keyOf(more, out)).toBe(keyOf(some, out))
      }),
    )
  })

  it('knows every single change', () => {
    fc.assert(
      fc.property(files, step, (some, how) => {
        const [name = '', one] = Object.entries(some).find(([each]) => !how.exclude?.includes(each)) ?? []
        if (one === undefined || how.exclude?.includes(`d/${name}`)) return
        const key = keyOf(some, how)
        const changed = (change: Partial<File>) => keyOf({ ...some, [name]: { ...one, ...change } }, how)
        expect(changed({ text: `${one.text}!` })).not.toBe(key)
        expect(changed({ mode: one.mode ^ 1 })).not.toBe(key)
        expect(changed({ uid: one.uid + 1 })).not.toBe(key)
        const { [name]: _, ...rest } = some
        expect(keyOf({ ...rest, renamed: one }, how)).not.toBe(key)
      }),
    )
  })
})
