import { describe, expect, test } from 'vitest'
import { parseSpec } from '../../../../src/runtime/oci-runtime/parse-spec.ts'
import { parseResourcesDocument } from '../../../../src/runtime/oci-runtime/update.ts'

type Json = Record<string, unknown>

const least = {
  ociVersion: '1.2.0',
  process: { args: ['true'], cwd: '/' },
  root: { path: 'rootfs' },
  linux: { namespaces: [{ type: 'mount' }] },
}

const parse = (change: Json) => parseSpec(JSON.stringify({ ...least, ...change }))
const timed = { namespaces: [{ type: 'mount' }, { type: 'time' }] }
const linux = (change: Json) => parse({ linux: { ...least.linux, ...change } }).linux

describe('parseSpec', () => {
  test('fills in what is optional', () => {
    const spec = parse({ mounts: null, hooks: null })
    expect(spec.process).toEqual({
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [] },
      args: ['true'],
      env: [],
      cwd: '/',
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      rlimits: [],
      noNewPrivileges: false,
    })
    expect(spec.mounts).toEqual([])
    expect(spec.hooks.poststop).toEqual([])
    expect(spec.linux.resources).toEqual({ devices: [] })
  })

  test('keeps destinations of mounts inside, and knows binds by their options', () => {
    const mounts = [{ destination: 'a/../../b', source: 'x', type: 'none', options: ['rbind', 'ro'] }]
    expect(parse({ mounts }).mounts).toEqual([
      { destination: '/b', source: 'x', type: 'bind', options: ['rbind', 'ro'] },
    ])
  })

  test.each<[string, Json, string]>([
    ['no process', { process: undefined }, 'process: it is missing'],
    ['no args', { process: { cwd: '/', args: [] } }, 'process.args: expected a program'],
    ['a relative cwd', { process: { cwd: 'a', args: ['x'] } }, 'process.cwd: expected an absolute path'],
    ['a NUL', { process: { cwd: '/', args: ['a\0b'] } }, 'process.args[0]: it holds a NUL'],
    ['a number as text', { hostname: 1 }, 'hostname: expected a text'],
    ['version 2', { ociVersion: '2.0.0' }, 'ociVersion: expected 1.x.y'],
    ['a hostname for the host', { hostname: 'x' }, 'it needs a uts namespace'],
    [
      'a relative hook',
      { hooks: { poststop: [{ path: 'x' }] } },
      'hooks.poststop[0].path: expected an absolute',
    ],
    ['a hook without time', { hooks: { prestart: [{ path: '/x', timeout: 0 }] } }, 'more than 0'],
    ['windows', { windows: {} }, 'windows is not supported'],
    ['idmap', { mounts: [{ destination: '/a', options: ['idmap'] }] }, 'idmap is not supported'],
    ['a scheduler', { process: { ...least.process, scheduler: {} } }, 'process.scheduler is not supported'],
  ])('refuses %s', (_, change, message) => {
    expect(() => parse(change)).toThrow(message)
  })

  test.each<[string, Json, string]>([
    ['no mount namespace', { namespaces: [] }, 'without a mount namespace'],
    ['a namespace twice', { namespaces: [{ type: 'mount' }, { type: 'mount' }] }, 'mount comes twice'],
    ['an unknown one', { namespaces: [{ type: 'x' }] }, 'no such namespace: x'],
    ['a joined mount namespace', { namespaces: [{ type: 'mount', path: '/x' }] }, 'mount namespace by path'],
    ['notify', { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/x' } }, 'SCMP_ACT_NOTIFY'],
    ['huge pages', { resources: { hugepageLimits: [{ pageSize: '2MB', limit: 1 }] } }, 'hugepageLimits'],
    ['time offsets for nothing', { timeOffsets: { boottime: { secs: 1 } } }, 'no new time namespace'],
    ['an unknown clock', { ...timed, timeOffsets: { sun: { secs: 1 } } }, 'no such clock'],
    ['a bad propagation', { rootfsPropagation: 'all' }, 'rootfsPropagation'],
  ])('refuses %s', (_, change, message) => {
    expect(() => linux(change)).toThrow(message)
  })
})

test('time offsets of a new time namespace are taken', () => {
  const offsets = { monotonic: { secs: -2 }, boottime: { secs: 1, nanosecs: 5 } }
  expect(linux({ ...timed, timeOffsets: offsets }).timeOffsets).toEqual({
    monotonic: { secs: -2, nanosecs: 0 },
    boottime: { secs: 1, nanosecs: 5 },
  })
})

test('resources: -1 and absent numbers of devices mean all', () => {
  const devices = [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 10, minor: -1, access: 'r' },
  ]
  expect(
    parseResourcesDocument(JSON.stringify({ devices, memory: { limit: 5 }, pids: { limit: 0 } })),
  ).toEqual({
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, access: 'r' },
    ],
    memory: { limit: 5 },
    pids: { limit: 0 },
  })
})
