import { describe, expect, it } from 'vitest'
import { parseMount } from '../../../../src/cli/run/parse-mount.ts'
import { parseTmpfs, parseVolume } from '../../../../src/cli/run/parse-volume.ts'

const usage = expect.objectContaining({ code: 'usage', exitCode: 125 })

describe('-v', () => {
  it('tells paths of the host from names of volumes', () => {
    expect(parseVolume('/a:/b', '/cwd')).toEqual({
      kind: 'bind',
      source: '/a',
      destination: '/b',
      readonly: false,
      createSource: true,
      mode: '',
    })
    expect(parseVolume('./a:/b:ro,Z', '/cwd')).toMatchObject({ source: '/cwd/a', readonly: true })
    expect(parseVolume('..:/b:rshared', '/cwd')).toMatchObject({ source: '/', propagation: 'rshared' })
    expect(parseVolume('data:/b', '/')).toMatchObject({ kind: 'volume', name: 'data', copy: true, mode: 'z' })
    expect(parseVolume('data:/b:ro,nocopy', '/')).toMatchObject({ readonly: true, copy: false })
    expect(parseVolume('/b', '/')).toEqual({
      kind: 'volume',
      destination: '/b',
      readonly: false,
      copy: true,
      mode: '',
    })
  })

  it.each(['', ':', ':/b', '/a:', '/a:/b:', '/a:/b:ro:x'])('cannot read %j', (text) => {
    expect(() => parseVolume(text, '/')).toThrow(usage)
  })

  it.each([
    ...['/a:b', '/a:/b:wat', '/a:/b:ro,rw', '/a:/b:z,Z', 'n:/', '/', '/a:/x/..', 'n:/b:rslave'],
    ...['/a:/b:nocopy', 'rel', 'n:/b:__proto__'],
  ])('refuses %j', (text) => {
    expect(() => parseVolume(text, '/')).toThrow(
      expect.objectContaining({ code: 'bad-volume', exitCode: 125 }),
    )
  })
})

describe('--mount', () => {
  it('reads binds', () => {
    expect(parseMount('type=bind,src=./a,dst=/b,ro', '/cwd')).toEqual({
      kind: 'bind',
      source: '/cwd/a',
      destination: '/b',
      readonly: true,
      createSource: false,
      recursive: 'enabled',
      byMount: true,
    })
    const rest = 'type=bind,source=/a,target=/b,readonly'
    expect(parseMount(`${rest},bind-recursive=writable`, '/')).toMatchObject({ recursive: 'writable' })
    expect(parseMount(`${rest},bind-recursive=disabled`, '/')).toMatchObject({ recursive: 'disabled' })
    expect(parseMount(`${rest},bind-recursive=readonly,bind-propagation=rprivate`, '/')).toMatchObject({
      recursive: 'readonly',
      propagation: 'rprivate',
    })
    expect(parseMount('type=bind,source=/a,target=/b,readonly=false', '/')).toMatchObject({ readonly: false })
    expect(parseMount('type=bind,"source=/a,b",target=/b', '/')).toMatchObject({ source: '/a,b' })
  })

  it('reads volumes, which are what is meant when nothing is said', () => {
    expect(parseMount('target=/b', '/')).toMatchObject({ kind: 'volume', copy: true, labels: {} })
    expect(
      parseMount(
        'source=data,target=/b,volume-nocopy,volume-label=a=1,volume-label=c,volume-opt=type=tmpfs,volume-subpath=x/y',
        '/',
      ),
    ).toEqual({
      kind: 'volume',
      name: 'data',
      destination: '/b',
      readonly: false,
      copy: false,
      mode: 'z',
      labels: { a: '1', c: '' },
      driverOptions: { type: 'tmpfs' },
      subpath: 'x/y',
      byMount: true,
    })
  })

  it('reads memory and images', () => {
    expect(parseMount('type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700,ro', '/')).toMatchObject({
      kind: 'tmpfs',
      options: ['size=1048576', 'mode=700', 'ro'],
    })
    expect(parseMount('type=image,source=app:1,target=/t,image-subpath=bin', '/')).toMatchObject({
      kind: 'image',
      image: 'app:1',
      subpath: 'bin',
    })
  })

  it.each([
    'type=bind,target=/b',
    'type=bind,source=/a',
    'type=bind,source=/a,target=b',
    'type=bind,source=/a,target=/',
    'x=y',
    'type=foo,target=/b',
    'type=tmpfs,source=a,target=/b',
    'type=tmpfs,target=/b,tmpfs-mode=999',
    'type=volume,target=/b,bind-propagation=rshared',
    'type=bind,source=/a,target=/b,volume-nocopy',
    'target=/b,readonly=maybe',
    'type=bind,source=/a,target=/b,bind-recursive=readonly',
    'target=/b,source',
    'target=/b,volume-subpath=/etc',
    'target=/b,volume-subpath=a/../../b',
    'target=/b,volume-driver=nfs',
    'type=bind,source=rel,target=/b',
    'type=image,target=/b',
    'type=bind,source=/a,target=/b,bind-propagation=x',
  ])('refuses %j', (text) => {
    expect(() => parseMount(text, '/cwd')).toThrow(usage)
  })
})

describe('--tmpfs', () => {
  it('reads options and drops those without an effect', () => {
    expect(parseTmpfs('/t:size=1m,exec,defaults,uid=5')).toEqual({
      kind: 'tmpfs',
      destination: '/t',
      options: ['size=1m', 'exec', 'uid=5'],
    })
    expect(parseTmpfs('/t')).toMatchObject({ options: [] })
  })

  it.each(['t', '/', '/t:foo', '/t:size'])('refuses %j', (text) => {
    expect(() => parseTmpfs(text)).toThrow(usage)
  })
})

it('--mount may make the source of a bind', () => {
  const made = (text: string) => parseMount(`type=bind,src=/a,dst=/b${text}`, '/')
  expect(made('')).toMatchObject({ createSource: false })
  expect(made(',bind-create-src')).toMatchObject({ createSource: true })
  expect(made(',bind-create-src=false')).toMatchObject({ createSource: false })
  expect(() => parseMount('type=volume,dst=/b,bind-create-src', '/')).toThrow(usage)
})
