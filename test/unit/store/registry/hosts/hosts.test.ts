import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../../../../src/foundation/errors/index.ts'
import { parseHostsToml } from '../../../../../src/store/registry/hosts/parse-hosts-toml.ts'
import { parseRegistriesConf } from '../../../../../src/store/registry/hosts/parse-registries-conf.ts'
import { openHosts } from '../../../../../src/store/registry/index.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hosts-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const endpoints = async (name: string) => {
  const [registry = '', ...path] = name.split('/')
  const env = {
    TSBUILD_CERTS_D: join(root, 'certs.d'),
    TSBUILD_REGISTRIES_CONF: join(root, 'registries.conf'),
    TSBUILD_DAEMON_JSON: join(root, 'daemon.json'),
  }
  return openHosts({ env }).endpoints({ registry, repository: path.join('/') })
}
const shown = async (name: string) =>
  (await endpoints(name)).map(
    ({ scheme, host, path, repository, capabilities }) =>
      `${scheme} ${host}${path}/${repository} ${[...capabilities].join(' ')}`,
  )

describe('without configuration', () => {
  it.each([
    ['example.com/ns/app', 'https example.com/v2/ns/app resolve pull push'],
    ['docker.io/library/app', 'https registry-1.docker.io/v2/library/app resolve pull push'],
    ['localhost:5000/app', 'either localhost:5000/v2/app resolve pull push'],
    ['127.1.2.3/app', 'either 127.1.2.3/v2/app resolve pull push'],
    ['[::1]:5000/app', 'either [::1]:5000/v2/app resolve pull push'],
    ['localhost.example/app', 'https localhost.example/v2/app resolve pull push'],
    ['127.0.0.1.example/app', 'https 127.0.0.1.example/v2/app resolve pull push'],
  ])('has %s at its own host', async (name, expected) => {
    expect(await shown(name)).toEqual([expected])
  })
})

describe('hosts.toml', () => {
  it('names mirrors in their order, and the registry itself last', async () => {
    write(
      'certs.d/docker.io/hosts.toml',
      `
      server = "https://registry-1.docker.io"
      [host."https://first.example"]
        capabilities = ["pull", "resolve", "referrers"]
        ca = "ca.pem"
        [host."https://first.example".header]
          X-One = ["a", "b"]
      [host."http://second.example:5000/hub/v2"]
        capabilities = ["pull"]
        override_path = true
        skip_verify = true
      [host."https://third.example/sub/"]
    `,
    )
    write('certs.d/docker.io/ca.pem', 'PEM')
    expect(await shown('docker.io/library/app')).toEqual([
      'https first.example/v2/library/app pull resolve',
      'http second.example:5000/hub/v2/library/app pull',
      'https third.example/sub/v2/library/app resolve pull push',
      'https registry-1.docker.io/v2/library/app resolve pull push',
    ])
    const [first, second, , last] = await endpoints('docker.io/library/app')
    expect(first).toMatchObject({
      registry: 'first.example',
      tls: { ca: ['PEM'] },
      headers: { 'X-One': 'a, b' },
      mirrorOf: 'docker.io',
    })
    expect(second?.tls.skipVerify).toBe(true)
    expect(last?.registry).toBe('docker.io')
    expect(last?.mirrorOf).toBeUndefined()
  })

  it('holds for the host of its directory only, or for all that have none', async () => {
    write('certs.d/_default/hosts.toml', 'server = "https://all.example"')
    write('certs.d/a.example_5000_/hosts.toml', '[host."https://mirror.example"]')
    expect(await shown('a.example:5000/app')).toEqual([
      'https mirror.example/v2/app resolve pull push',
      'https a.example:5000/v2/app resolve pull push',
    ])
    expect(await shown('b.example/app')).toEqual(['https all.example/v2/app resolve pull push'])
  })

  it.each([
    'server = 1',
    'server = "ftp://a"',
    'server = "https://user:pass@a"',
    '[host."https://a"]\nskip_verify = "yes"',
    '[host."https://a"]\ncapabilities = [1]',
    '[host."https://a"]\nclient = [["a", "b", "c"]]',
    '[host."https://a".header]\n"X Y" = "a"',
    '[host."https://a".header]\nX = "a\\r\\nY: b"',
    'host = 5',
    'not toml',
  ])('is refused when it says %j', (text) => {
    expect(() => parseHostsToml('/f', text)).toThrow(expect.objectContaining({ code: 'bad-hosts-file' }))
  })
})

describe('registries.conf', () => {
  it('rewrites names, has mirrors for what they are for, and blocks', async () => {
    write(
      'registries.conf',
      `
      unqualified-search-registries = ["example.org"]
      [[registry]]
      prefix = "example.com/foo"
      location = "internal.example/bar"
      [[registry.mirror]]
      location = "mirror.example:5000/m"
      insecure = true
      [[registry.mirror]]
      location = "digests.example"
      pull-from-mirror = "digest-only"
      [[registry]]
      location = "example.com"
      [[registry]]
      prefix = "*.blocked.example"
      blocked = true
      [[registry]]
      location = "docker.io"
      [[registry.mirror]]
      location = "hub.example"
    `,
    )
    expect(await shown('example.com/foo/app')).toEqual([
      'either mirror.example:5000/v2/m/app resolve pull',
      'https digests.example/v2/app pull',
      'https internal.example/v2/bar/app resolve pull push',
    ])
    expect(await shown('example.com/foobar/app')).toEqual([
      'https example.com/v2/foobar/app resolve pull push',
    ])
    expect((await shown('docker.io/library/app'))[1]).toBe(
      'https registry-1.docker.io/v2/library/app resolve pull push',
    )
    await expect(endpoints('a.blocked.example/app')).rejects.toMatchObject({ code: 'registry-blocked' })
    expect(await shown('blocked.example/app')).toHaveLength(1)
  })

  it.each([
    '[[registry]]\nblocked = true',
    '[[registry]]\nlocation = "a/../b"',
    '[[registry]]\nlocation = "https://a"',
    '[registries]\nx = 1',
    '[[registry]]\nlocation = "a"\ninsecure = "no"',
    '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "never"',
  ])('is refused when it says %j', (text) => {
    expect(() => parseRegistriesConf('/f', text)).toThrow(expect.objectContaining({ code: 'bad-hosts-file' }))
  })
})

describe("dockerd's daemon.json", () => {
  it("has mirrors of docker's registry, and hosts that need no TLS", async () => {
    write(
      'daemon.json',
      JSON.stringify({
        'registry-mirrors': ['https://mirror.example/hub/', 'http://plain.example:5000'],
        'insecure-registries': ['Lab.example:5000', 'http://odd.example', '10.1.0.0/16', 'fd00::/8'],
        'log-level': 'debug',
      }),
    )
    expect(await shown('docker.io/library/app')).toEqual([
      'https mirror.example/hub/v2/library/app resolve pull',
      'http plain.example:5000/v2/library/app resolve pull',
      'https registry-1.docker.io/v2/library/app resolve pull push',
    ])
    const schemes = await Promise.all(
      [
        'lab.example:5000',
        'lab.example',
        'odd.example',
        '10.1.2.3:5000',
        '10.2.2.3',
        '[fd00::1]:5000',
        '[fe00::1]',
      ].map(async (host) => `${host} ${(await endpoints(`${host}/app`))[0]?.scheme}`),
    )
    expect(schemes).toEqual([
      'lab.example:5000 either',
      'lab.example https',
      'odd.example either',
      '10.1.2.3:5000 either',
      '10.2.2.3 https',
      '[fd00::1]:5000 either',
      '[fe00::1] https',
    ])
  })
  it('counts only for what no other file speaks of', async () => {
    write(
      'daemon.json',
      '{"registry-mirrors": ["https://mirror.example"], "insecure-registries": ["example.com"]}',
    )
    write('registries.conf', '[[registry]]\nlocation = "example.com"')
    write('certs.d/docker.io/hosts.toml', 'server = "https://registry-1.docker.io"')
    expect(await shown('example.com/app')).toEqual(['https example.com/v2/app resolve pull push'])
    expect(await shown('docker.io/a/b')).toEqual(['https registry-1.docker.io/v2/a/b resolve pull push'])
  })
  it.each([
    ['{', 'it is not JSON'],
    ['[]', 'expected an object'],
    ['{"registry-mirrors": ["ftp://x"]}', 'registry-mirrors'],
    ['{"registry-mirrors": ["https://user:word@x"]}', 'registry-mirrors'],
    ['{"registry-mirrors": 5}', 'registry-mirrors'],
    ['{"insecure-registries": ["10.0.0.0/33"]}', 'insecure-registries'],
    ['{"insecure-registries": ["a/b"]}', 'insecure-registries'],
  ])('is refused: %s', async (text, why) => {
    write('daemon.json', text)
    await expect(endpoints('example.com/app')).rejects.toMatchObject({
      code: 'bad-hosts-file',
      message: expect.stringContaining(why),
    })
  })
})

describe("docker's certificates", () => {
  it('are those of the host, whatever else says where it is', async () => {
    write('certs.d/a.example:5000/b.crt', 'B')
    write('certs.d/a.example:5000/a.crt', 'A')
    write('certs.d/a.example:5000/client.cert', 'C')
    write('certs.d/a.example:5000/client.key', 'K')
    write('certs.d/localhost:5000/ca.crt', 'L')
    const [endpoint] = await endpoints('a.example:5000/app')
    expect(endpoint?.tls).toEqual({ ca: ['A', 'B'], certificates: [{ cert: 'C', key: 'K' }] })
    expect((await endpoints('a.example/app'))[0]?.tls).toEqual({})
    expect((await endpoints('localhost:5000/app'))[0]?.tls).toEqual({ ca: ['L'] })
    expect((await endpoints('localhost:6000/app'))[0]?.tls).toEqual({ skipVerify: true })
    rmSync(join(root, 'certs.d/a.example:5000/client.key'))
    await expect(endpoints('a.example:5000/app')).rejects.toMatchObject({ code: 'bad-hosts-file' })
  })
})

it('ends with a typed error, or an answer, for any text', () => {
  const piece = fc.constantFrom(
    '[host."https://a"]',
    '[[registry]]',
    'location = "a"',
    'server = "b"',
    '\n',
    '"',
    '[',
    ']',
    ' = ',
    'ca',
    '{}',
    '1',
    'prefix = "*.c"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      for (const parse of [parseHostsToml, parseRegistriesConf]) {
        try {
          parse('/f', pieces.join(' '))
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }
    }),
  )
})
