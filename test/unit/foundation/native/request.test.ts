import { describe, expect, it } from 'vitest'
import { capabilityMask } from '../../../../src/foundation/native/capabilities.ts'
import {
  type ContainerRequest,
  encodeJoinRequest,
  encodeRequest,
  NativeError,
} from '../../../../src/foundation/native/index.ts'
import type { LowestLayers } from '../../../../src/foundation/native/lowest-layers.ts'
import { rlimitNumber, rlimitValue } from '../../../../src/foundation/native/rlimits.ts'
import { plainProcess, plainRequest } from '../../../support/container-request.ts'
import { decodeOps } from '../../../support/decode-ops.ts'

const bed = {
  path: '/b',
  lower: '/b/lower',
  upper: '/b/fs',
  work: '/b/work',
  [Symbol.dispose]: () => undefined,
}
const ops = (request: ContainerRequest) => decodeOps(encodeRequest(request))

describe('encodeRequest', () => {
  it('lowers root, process and spec', () => {
    const list = ops(plainRequest(bed, ['echo', 'a b', '']))
    expect(list).toContainEqual(['lower', '/b/lower'])
    expect(list).toContainEqual(['upper', '/b/fs', '/b/work'])
    expect(list).toContainEqual(['stubs', '/b/stubs'])
    expect(list).toContainEqual(['volatile'])
    expect(list.filter(([name]) => name === 'arg')).toEqual([
      ['arg', 'echo'],
      ['arg', 'a b'],
      ['arg', ''],
    ])
    expect(list).toContainEqual(['user', '0', '0', '18'])
    expect(list).toContainEqual(['capabilities', '2818844155', '2818844155', '2818844155', '0', '0'])
    expect(list).toContainEqual(['mount', '/proc', 'proc', 'proc', '14', '0', '0', '0'])
    expect(list).toContainEqual(['masked', '/proc/kcore'])
  })

  it('names images among the lower layers in their order, with the files that have their bytes', () => {
    const images = new Map([
      ['/b/image', { backing: 'files', data: ['/b/tar'] }],
      ['/d/image', { backing: 'loops', data: ['/d/tar', '/d/patch'] }],
    ] as const)
    const request = plainRequest(bed, ['x'], {
      root: { kind: 'overlay', lower: ['/a', '/b/image', '/c', '/d/image'], images },
    })
    expect(ops(request).filter(([name]) => name === 'lower' || name === 'image')).toEqual([
      ['lower', '/a'],
      ['image', '/b/image', 'files', '/b/tar'],
      ['lower', '/c'],
      ['image', '/d/image', 'loops', '/d/tar', '/d/patch'],
    ])
  })

  it('names only the layers above those that are kept, and all when they are to be', () => {
    const request = plainRequest(bed, ['x'], {
      root: { kind: 'overlay', lower: ['/a', '/b', '/c'], upper: '/u', work: '/w' },
    })
    const told = (lowest: LowestLayers): readonly (readonly string[])[] =>
      decodeOps(encodeRequest(request, lowest)).filter(([name = '']) => /^(lower|keep|on-kept)$/.test(name))
    expect(told({ kind: 'keep', count: 2, directory: '/own' })).toEqual([
      ['lower', '/a'],
      ['lower', '/b'],
      ['lower', '/c'],
      ['keep', '2', '/own'],
    ])
    expect(told({ kind: 'kept', count: 2 })).toEqual([['lower', '/a'], ['on-kept']])
  })

  it('passes device rules on byte by byte, and only when there are any', () => {
    const deviceProgram = Uint8Array.of(0x95, 0, 0, 0, 0xff, 0, 0, 0)
    expect(ops(plainRequest(bed, ['x'], { cgroups: ['/c'], deviceProgram })).slice(0, 2)).toEqual([
      ['cgroup', '/c'],
      ['device-program', '\x95\0\0\0\xff\0\0\0'],
    ])
    expect(ops(plainRequest(bed, ['x'])).some(([name]) => name === 'device-program')).toBe(false)
  })

  it('makes a network namespace only where the network wants one', () => {
    const has = (network: ContainerRequest['network']): boolean =>
      ops(plainRequest(bed, ['x'], { network })).some(
        ([name, type]) => name === 'namespace' && type === 'network',
      )
    expect(has({ kind: 'none' })).toBe(true)
    expect(has({ kind: 'host' })).toBe(false)
    expect(has({ kind: 'path', path: '/p' })).toBe(false)
  })

  it('asks for no volatile mount and no stubs directory where that was said', () => {
    const list = ops(
      plainRequest(bed, ['x'], {
        root: { kind: 'overlay', lower: ['/l'], upper: '/u', work: '/w/x', volatile: false, stubs: '/s' },
      }),
    )
    expect(list).not.toContainEqual(['volatile'])
    expect(list).toContainEqual(['stubs', '/s'])
    const view = ops(plainRequest(bed, ['x'], { root: { kind: 'overlay', lower: ['/l'] } }))
    expect(view.some(([name]) => name === 'stubs' || name === 'upper')).toBe(false)
  })

  it('writes sysctl keys as paths, interface names with dots included', () => {
    const sysctl = { 'net.ipv4.ip_forward': '1', 'net/ipv4/conf/eth0.1/arp': '2' }
    const list = ops(plainRequest(bed, ['x'], { linux: { sysctl } }))
    expect(list).toContainEqual(['sysctl', 'net/ipv4/ip_forward', '1'])
    expect(list).toContainEqual(['sysctl', 'net/ipv4/conf/eth0.1/arp', '2'])
  })

  it('refuses NUL in arguments', () => {
    expect(() => encodeRequest(plainRequest(bed, ['a\0b']))).toThrow('NUL')
  })

  it('describes a process that joins', () => {
    const list = decodeOps(
      encodeJoinRequest({ pid: 42, process: plainProcess(['ps'], { terminal: true }), cgroups: ['/c'] }),
    )
    expect(list.slice(0, 2)).toEqual([
      ['join', '42'],
      ['cgroup', '/c'],
    ])
    const named = encodeJoinRequest({ pid: 42, startTime: 700, process: plainProcess(['ps']) })
    expect(decodeOps(named)[0]).toEqual(['join', '42', '700'])
    expect(list).toContainEqual(['terminal', '0', '0'])
  })
})

describe('tables', () => {
  it('knows capabilities', () => {
    expect(capabilityMask(['CAP_CHOWN', 'CAP_CHECKPOINT_RESTORE'])).toBe((1n | (1n << 40n)).toString())
    expect(() => capabilityMask(['CAP_CHWON'])).toThrow(
      expect.objectContaining({ code: 'unknown-capability' }),
    )
  })

  it('knows limits', () => {
    expect(rlimitNumber('RLIMIT_NOFILE')).toBe(7)
    expect(rlimitNumber('nproc')).toBe(6)
    expect(rlimitValue(-1)).toBe('18446744073709551615')
    expect(rlimitValue(1024)).toBe('1024')
    expect(() => rlimitNumber('RLIMIT_X')).toThrow(expect.objectContaining({ code: 'unknown-rlimit' }))
  })
})

describe('NativeError', () => {
  it('says step, subject and reason, and what to do', () => {
    const error = new NativeError({
      step: 'mount',
      errno: 'EPERM',
      arg: '/proc',
      text: 'Operation not permitted',
    })
    expect(error.message).toBe('mount /proc: operation not permitted (EPERM)')
    expect(error.hint).toMatch(/root/)
    expect(error.exitCode).toBe(77)
    expect(new NativeError({ step: 'x', errno: 'EIO', arg: '', text: 'I/O error' }).exitCode).toBe(125)
  })
})
