import { describe, expect, test } from 'vitest'
import { type BundleOptions, createSpec } from '../../../../src/runtime/bundle/index.ts'

const ids = (size: number) => [{ containerID: 0, hostID: 100_000, size }]
const spec = (more: Partial<BundleOptions> = {}, size = 1024) =>
  createSpec({
    config: {},
    user: { uid: 0, gid: 0, additionalGids: [], home: '/' },
    command: ['true'],
    userNamespace: { uids: ids(size), gids: ids(size) },
    ...more,
  })
const mountAt = (path: string, ...args: Parameters<typeof spec>) =>
  spec(...args).mounts.find(({ destination }) => destination === path)

describe('a spec with a user namespace', () => {
  test('has the namespace and its mappings', () => {
    const { linux } = spec()
    expect(linux.namespaces).toContainEqual({ type: 'user' })
    expect(linux).toMatchObject({ uidMappings: ids(1024), gidMappings: ids(1024) })
    expect(linux.sysctl?.['net.ipv4.ping_group_range']).toBe('0 1023')
    const path = '/proc/7/ns/user'
    const joined = spec({ userNamespace: { uids: ids(9), gids: ids(9), path } })
    expect(joined.linux.namespaces).toContainEqual({ type: 'user', path })
  })

  test('asks for a terminal group that is there', () => {
    expect(mountAt('/dev/pts')?.options).toContain('gid=5')
    expect(mountAt('/dev/pts', {}, 5)?.options).not.toContain('gid=5')
  })

  test('shows what does not belong to it as whoever it belongs to has it', () => {
    expect(mountAt('/proc', { share: ['pid'] })).toMatchObject({ type: 'bind', source: '/proc' })
    expect(mountAt('/sys', { share: ['network'] })).toMatchObject({ type: 'bind', source: '/sys' })
    expect(mountAt('/sys', { share: ['network'] })?.options).toContain('ro')
    expect(mountAt('/dev/mqueue', { share: ['ipc'] })).toBeUndefined()
    expect(mountAt('/sys', { join: { network: '/proc/7/ns/net' } })).toMatchObject({
      type: 'namespace',
      source: '/proc/7/ns/mnt',
    })
    expect(mountAt('/proc')?.type).toBe('proc')
  })
})

test('a time namespace, new with offsets or that of a path', () => {
  const offsets = { boottime: { secs: 5, nanosecs: 0 } }
  expect(spec({ time: { offsets } }).linux).toMatchObject({
    namespaces: expect.arrayContaining([{ type: 'time' }]),
    timeOffsets: offsets,
  })
  const joined = spec({ time: { path: '/proc/7/ns/time' } }).linux
  expect(joined.namespaces).toContainEqual({ type: 'time', path: '/proc/7/ns/time' })
  expect(joined.timeOffsets).toBeUndefined()
})

test('cgroups can be made writable without being privileged', () => {
  expect(mountAt('/sys/fs/cgroup')?.options).toContain('ro')
  expect(mountAt('/sys/fs/cgroup', { writableCgroups: true })?.options).not.toContain('ro')
  expect(mountAt('/sys', { writableCgroups: true })?.options).toContain('ro')
})
