import { describe, expect, it } from 'vitest'
import type { ExecOp, FileOp } from '../../../../src/build/graph/op-types.ts'
import { cacheKeyOf } from '../../../../src/build/solver/index.ts'
import {
  definitionOf,
  portableKey,
  readForKey,
  renameLayers,
} from '../../../../src/engine/cache/portable-key.ts'
import { type DiffId, digestOf, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import { parseLayerId } from '../../../../src/store/snapshot/layer-record.ts'

const a = parseLayerId('a'.repeat(32))
const b = parseLayerId('b'.repeat(32))
/** Two stores that call the same layers otherwise. */
const here = (id: string): Promise<DiffId> => Promise.resolve(parseDiffId(digestOf(id === a ? 'one' : 'two')))
const there = (id: string): Promise<DiffId> =>
  Promise.resolve(parseDiffId(digestOf(id === b ? 'one' : 'two')))

const run = (parent: string, arg = 'make') => [
  { name: 'op', value: 'exec' },
  { name: 'parent', value: parent },
  { name: 'arg 0', value: arg },
]

describe('portable keys', () => {
  it('are the same in stores that name the same layers otherwise, and no key of a store', async () => {
    const key = await portableKey(run(`${a} ${b}`), here)
    expect(await portableKey(run(`${b} ${a}`), there)).toBe(key)
    expect(await portableKey(run(`${b} ${a}`), here)).not.toBe(key)
    expect(await portableKey(run(`${a} ${b}`, 'test'), here)).not.toBe(key)
    const named = run(`${digestOf('one')} ${digestOf('two')}`)
    expect(cacheKeyOf(named)).not.toBe(key)
  })

  it('leave alone what only looks like a layer', async () => {
    expect(await portableKey(run(a, a), here)).not.toBe(await portableKey(run(b, b), there))
  })

  it('can be put back into the words of a store, when it has all the layers', () => {
    expect(renameLayers(run(a), () => b)).toEqual(run(b))
    expect(renameLayers(run(`${a} ${b}`), (id) => (id === a ? a : undefined))).toBeUndefined()
  })
})

const exec = (over: Partial<ExecOp> = {}): { readonly op: ExecOp } => ({
  op: {
    kind: 'exec',
    root: 0,
    args: ['make'],
    env: [],
    proxyEnv: [],
    cwd: '/',
    user: '',
    network: 'default',
    ...over,
  },
})
const copy = (
  from: Extract<FileOp['actions'][number], { kind: 'copy' }>['from'],
  over: Partial<FileOp> = {},
) => ({
  op: {
    kind: 'file',
    root: 0,
    actions: [{ kind: 'copy', from, sources: ['x'], destination: '/', unpack: false }],
    ...over,
  } satisfies FileOp,
})

describe('what a step is by its definition', () => {
  it('counts the bytes of all inputs, and never proxies', async () => {
    const one = await definitionOf(exec(), [[a]], here)
    expect(await definitionOf(exec({ proxyEnv: ['http_proxy=http://u:p@h'] }), [[b]], there)).toEqual(one)
    expect(await definitionOf(exec(), [[b]], here)).not.toEqual(one)
    expect(await definitionOf(exec({ env: ['A=1'] }), [[a]], here)).not.toEqual(one)
    expect(await definitionOf(exec(), [[a], []], here)).not.toEqual(one)
  })

  it('says nothing of steps that read a directory of the caller', async () => {
    expect(await definitionOf(copy({ kind: 'context', name: '' }), [[a]], here)).toBeUndefined()
    expect(await definitionOf(copy({ kind: 'input', input: 1 }), [[a], [b]], here)).toBeDefined()
  })
})

describe('inputs whose content a key is made of', () => {
  it('are those that are copied or mounted, and the root where it says who an owner is', () => {
    expect([...readForKey(exec())]).toEqual([])
    const bind = { kind: 'bind', target: '/m', input: 1, source: '/', readonly: true } as const
    expect([...readForKey(exec({ mounts: [bind] }))]).toEqual([1])
    expect([...readForKey(copy({ kind: 'context', name: '' }))]).toEqual([])
    expect([...readForKey(copy({ kind: 'input', input: 1 }))]).toEqual([1])
    const linked = copy({ kind: 'context', name: '' }, { link: true }).op
    const owned = { ...linked, actions: linked.actions.map((action) => ({ ...action, chown: 'me' })) }
    expect([...readForKey({ op: linked })]).toEqual([])
    expect([...readForKey({ op: owned })]).toEqual([0])
  })
})
