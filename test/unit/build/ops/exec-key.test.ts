import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExecMount, ExecOp } from '../../../../src/build/graph/index.ts'
import { execKey, seenMounts } from '../../../../src/build/ops/exec-key.ts'
import { cacheKeyOf } from '../../../../src/build/solver/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'

type Contents = Readonly<Record<string, string>>

const layer = (hex: string): LayerId => hex.padEnd(32, '0') as LayerId
const sourceOf = (mount: ExecMount): string | undefined =>
  mount.kind === 'bind' ? mount.source : mount.kind === 'cache' ? mount.from?.source : undefined

const keyOf = (op: ExecOp, contents: Contents = {}, root = [layer('a')]): string =>
  cacheKeyOf(
    execKey(op, {
      root,
      hostname: op.hostname ?? 'box',
      contentOf: (mount) => {
        const source = sourceOf(mount)
        return source === undefined ? undefined : (contents[source] ?? 'same')
      },
    }),
  )

const plain: ExecOp = {
  kind: 'exec',
  root: 0,
  args: ['sh', '-c', 'x'],
  env: ['A=1'],
  proxyEnv: [],
  cwd: '/',
  user: '',
  network: 'default',
}

const text = fc.string({ maxLength: 4 })
const target = fc.constantFrom('/a', '/a/b', '/c')
const small = fc.integer({ min: 0, max: 3 })
const owner = { uid: small, gid: small, mode: small }
const optional = { requiredKeys: [] as never[] }

const mounts: fc.Arbitrary<ExecMount> = fc.oneof(
  fc.record({
    kind: fc.constant('bind' as const),
    target,
    input: fc.constant(0),
    source: fc.constantFrom('/s', '/t'),
    readonly: fc.boolean(),
  }),
  fc
    .tuple(
      fc.record({
        kind: fc.constant('cache' as const),
        target,
        id: text,
        sharing: fc.constantFrom('shared' as const, 'private' as const, 'locked' as const),
        readonly: fc.boolean(),
        ...owner,
      }),
      fc.record({ from: fc.constant({ input: 1, source: '/s' }) }, optional),
    )
    .map(([mount, from]) => ({ ...mount, ...from })),
  fc
    .tuple(
      fc.record({ kind: fc.constant('tmpfs' as const), target }),
      fc.record({ size: small, readonly: fc.constant(true as const) }, optional),
    )
    .map(([mount, more]) => ({ ...mount, ...more })),
  fc
    .tuple(
      fc.record({ kind: fc.constant('secret' as const), id: text, required: fc.boolean(), ...owner }),
      fc.record({ target, env: text }, optional),
    )
    .map(([mount, more]) => ({ ...mount, ...more })),
  fc.record({ kind: fc.constant('ssh' as const), id: text, target, required: fc.boolean(), ...owner }),
  fc.record({ kind: fc.constant('file' as const), target, text, mode: small }),
)

const limits = fc.array(fc.record({ name: text, soft: small, hard: small }), { maxLength: 2 })
const op: fc.Arbitrary<ExecOp> = fc
  .tuple(
    fc.record({
      kind: fc.constant('exec' as const),
      root: fc.constant(0),
      args: fc.array(text, { maxLength: 3 }),
      env: fc.array(text, { maxLength: 3 }),
      proxyEnv: fc.array(text, { maxLength: 2 }),
      cwd: text,
      user: text,
      network: fc.constantFrom('default' as const, 'none' as const, 'host' as const),
    }),
    fc.record(
      {
        hostname: text,
        mounts: fc.array(mounts, { maxLength: 3 }),
        security: fc.constant('insecure' as const),
        devices: fc.array(fc.record({ name: text, required: fc.boolean() }), { maxLength: 2 }),
        extraHosts: fc.array(text, { maxLength: 2 }),
        ulimits: limits,
        shmSize: small,
      },
      optional,
    ),
  )
  .map(([base, more]) => ({ ...base, ...more }))

/** What the command can see of an op, with everything that says the same brought to one form. */
const meaning = (value: ExecOp): string => {
  const { proxyEnv: _, root: _root, ...rest } = value
  return JSON.stringify(
    {
      ...rest,
      hostname: value.hostname ?? 'box',
      devices: value.devices ?? [],
      extraHosts: value.extraHosts ?? [],
      ulimits: value.ulimits ?? [],
      mounts: seenMounts(value.mounts).map((mount) => {
        // Content counts, not where it is taken from; here everything has the same content.
        if (mount.kind === 'bind') return { ...mount, input: 0, source: '' }
        return mount.kind === 'cache' && mount.from ? { ...mount, from: true } : mount
      }),
      ...Object.fromEntries(
        (['security', 'shmSize'] as const).map((name) => [
          name,
          value[name] === undefined ? null : value[name],
        ]),
      ),
    },
    sorted,
  )
}
/** Members in one order, whatever made the objects. */
const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

describe('the key of a RUN step', () => {
  it('is the same for two ops exactly when they mean the same', () => {
    fc.assert(
      fc.property(op, op, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(meaning(a) === meaning(b))
      }),
      { numRuns: 150 },
    )
  })

  it('changes with every change of a single member, and not without one', () => {
    fc.assert(
      fc.property(op, op, fc.nat(), (a, b, which) => {
        const names = Object.keys({ ...a, ...b }) as (keyof ExecOp)[]
        const name = names[which % names.length] ?? 'cwd'
        const { [name]: _, ...rest } = a
        const changed = (b[name] === undefined ? rest : { ...rest, [name]: b[name] }) as ExecOp
        expect(keyOf(changed) === keyOf(a)).toBe(meaning(changed) === meaning(a))
      }),
      { numRuns: 150 },
    )
  })

  it('cannot be had by moving text from one part to the next', () => {
    const pieces = [
      { ...plain, args: ['a', 'b'] },
      { ...plain, args: ['ab'] },
      { ...plain, args: ['a b'] },
      { ...plain, args: ['a'], env: ['b', ...plain.env] },
      { ...plain, args: ['a'], extraHosts: ['b'] },
      { ...plain, args: ['a', ''] },
      { ...plain, args: ['', 'a'] },
      { ...plain, mounts: [{ kind: 'tmpfs' as const, target: '/a' }] },
      { ...plain, mounts: [{ kind: 'file' as const, target: '/a', text: '', mode: 0 }] },
    ]
    expect(new Set(pieces.map((piece) => keyOf(piece))).size).toBe(pieces.length)
  })

  it('changes with the content of what is mounted, not with its place in the input', () => {
    const bind = (source: string): ExecOp => ({
      ...plain,
      mounts: [{ kind: 'bind', target: '/m', input: 1, source, readonly: true }],
    })
    expect(keyOf(bind('/a'), { '/a': 'x', '/b': 'x' })).toBe(keyOf(bind('/b'), { '/a': 'x', '/b': 'x' }))
    expect(keyOf(bind('/a'), { '/a': 'x' })).not.toBe(keyOf(bind('/a'), { '/a': 'y' }))
  })

  it('changes with the root, and not with proxies', () => {
    expect(keyOf(plain, {}, [layer('a'), layer('b')])).not.toBe(keyOf(plain, {}, [layer('a')]))
    expect(keyOf({ ...plain, proxyEnv: ['http_proxy=x'] })).toBe(keyOf(plain))
  })
})
