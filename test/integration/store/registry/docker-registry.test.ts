import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as login } from '../../../../src/cli/registry/login.ts'
import { run as logout } from '../../../../src/cli/registry/logout.ts'
import { run as tags } from '../../../../src/cli/registry/tags.ts'
import { type Descriptor, digestOf, mediaType, parseReference } from '../../../../src/foundation/oci/index.ts'
import {
  openCredentials,
  openHosts,
  openRegistry,
  type Registry,
} from '../../../../src/store/registry/index.ts'
import { runVerb } from '../../../support/memory-cli.ts'
import { makeCertificates } from '../../../support/registry/certificates.ts'
import { startCuttingProxy } from '../../../support/registry/cutting-proxy.ts'
import { type DockerRegistry, startDockerRegistry } from '../../../support/registry/docker-registry.ts'

const user = 'user'
const password = 's3cret-canary'
/** bcrypt, cost 4. */
const userLine = `${user}:$2b$04$NLLrtgRvdpVA64WBYSYgAOaRTrS/pEPEDgykOE88gLXLJ/wOV0neK`

const large = randomBytes(5 << 20)
const describeBytes = (bytes: Uint8Array, type: string): Descriptor => ({
  mediaType: type,
  digest: digestOf(bytes),
  size: bytes.length,
})
const blob = describeBytes(large, mediaType.layer)
const config = Buffer.from('{}')
const manifest = {
  mediaType: mediaType.manifest,
  bytes: Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.manifest,
      config: describeBytes(config, mediaType.config),
      layers: [blob],
    }),
  ),
}

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'registry-test-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const environment = (): Record<string, string> => ({
  HOME: directory,
  PATH: '/usr/bin:/bin',
  DOCKER_CONFIG: join(directory, 'docker'),
  TSBUILD_CERTS_D: join(directory, 'certs.d'),
  TSBUILD_REGISTRIES_CONF: '',
})

const client = (): Registry => {
  const env = environment()
  return openRegistry({
    hosts: openHosts({ env }),
    credentials: openCredentials({ env }),
    userAgent: 'test',
    env,
    retryDelay: 20,
  })
}

const pushAndPull = async (registry: Registry, host: string): Promise<void> => {
  const name = parseReference(`${host}/ns/app:v1`)
  expect(await registry.hasBlob(name, blob.digest)).toBe(false)
  await registry.pushBlob(name, blob, { bytes: large })
  await registry.pushBlob(name, describeBytes(config, mediaType.config), { bytes: config })
  expect(await registry.hasBlob(name, blob.digest)).toBe(true)
  const sent = await registry.pushManifest(name, manifest)
  expect(await registry.resolve(name)).toEqual(sent)
  expect((await registry.manifest({ ...name, digest: sent.digest })).bytes.equals(manifest.bytes)).toBe(true)
  expect((await pulled(registry, name)).equals(large)).toBe(true)
}

const pulled = async (
  registry: Registry,
  name: Parameters<Registry['blob']>[0],
  span = {},
): Promise<Buffer> => {
  const chunks: Buffer[] = []
  await registry.blob(name, blob, (chunk) => void chunks.push(Buffer.from(chunk)), span)
  return Buffer.concat(chunks)
}

describe('a registry without TLS on this machine', () => {
  let server: DockerRegistry
  beforeAll(async () => {
    server = await startDockerRegistry()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('takes an image and gives it back', async () => {
    using registry = client()
    await pushAndPull(registry, server.host)
    const name = parseReference(`${server.host}/ns/app`)
    expect(
      (await pulled(registry, name, { offset: 1000, length: 77_777 })).equals(large.subarray(1000, 78_777)),
    ).toBe(true)
  })

  it('takes a blob in pieces, and one of another repository', async () => {
    using registry = client()
    const name = { registry: server.host, repository: 'ns/pieces' }
    await registry.pushBlob(name, blob, { bytes: large }, { chunkSize: 1 << 20 })
    expect((await pulled(registry, name)).equals(large)).toBe(true)
    const other = { registry: server.host, repository: 'ns/mounted' }
    expect(await registry.mountBlob(other, blob.digest, 'ns/pieces')).toBe(true)
    expect(await registry.hasBlob(other, blob.digest)).toBe(true)
    expect(await registry.mountBlob(other, digestOf('nothing'), 'ns/pieces')).toBe(false)
  })

  it.each([undefined, 1 << 20])(
    'gets everything through connections that are cut (pieces of %s)',
    async (chunkSize) => {
      await using proxy = await startCuttingProxy(server.host, 700_000, 3)
      using registry = client()
      const name = { registry: proxy.host, repository: `cut/${chunkSize ?? 'whole'}` }
      await registry.pushBlob(name, blob, { bytes: large }, chunkSize === undefined ? {} : { chunkSize })
      expect(proxy.cuts.count).toBe(3)
      await using cuttingAgain = await startCuttingProxy(server.host, 700_000, 3)
      expect((await pulled(registry, { ...name, registry: cuttingAgain.host })).equals(large)).toBe(true)
      expect(cuttingAgain.cuts.count).toBe(3)
    },
  )

  it('tells of what it does not have, and lists tags page by page', async () => {
    using registry = client()
    await expect(registry.resolve(parseReference(`${server.host}/none:v1`))).rejects.toMatchObject({
      code: 'registry-not-found',
    })
    const name = parseReference(`${server.host}/ns/app:v1`)
    await registry.pushBlob(name, describeBytes(config, mediaType.config), { bytes: config })
    await registry.pushBlob(name, blob, { bytes: large })
    for (const tag of ['v2', 'v3', 'w1']) await registry.pushManifest({ ...name, tag }, manifest)
    const result = await runVerb(tags, ['--filter', 'v*', `${server.host}/ns/app`], {
      root: directory,
      env: environment(),
    })
    expect(result.stdout).toContain('v2\nv3\n')
    expect(result.stdout).not.toContain('w1')
  })
})

describe('a registry with TLS and passwords', () => {
  let server: DockerRegistry
  beforeAll(async () => {
    const certificates = makeCertificates(directory)
    server = await startDockerRegistry({ tls: certificates, user: userLine })
    const own = join(directory, 'certs.d', server.host)
    mkdirSync(own, { recursive: true })
    writeFileSync(join(own, 'ca.crt'), readFileSync(certificates.ca))
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const verb = (run: typeof login, ...argv: readonly string[]) =>
    runVerb(run, argv, { root: directory, env: environment() })
  const file = (): string => join(directory, 'docker', 'config.json')

  it('is closed, opens after a login, and is closed after a logout', async () => {
    mkdirSync(dirname(file()), { recursive: true })
    writeFileSync(file(), '{"HttpHeaders":{"X":"y"},"auths":{"other.example":{"auth":"YTpi"}}}')
    using before = client()
    await expect(before.tags({ registry: server.host, repository: 'ns/app' })).rejects.toMatchObject({
      code: 'registry-denied',
      hint: `it may not exist, or need \`tsbuild login ${server.host}\``,
    })
    const wrong = await verb(login, '-u', user, '-p', 'wrong-canary', server.host)
    expect(wrong.code).toBe(77)
    expect(wrong.stderr).not.toContain('wrong-canary')
    expect(readFileSync(file(), 'utf8')).not.toContain(server.host)

    const right = await verb(login, '-u', user, '-p', password, `https://${server.host}/v2/`)
    expect(right.stdout).toBe('Login Succeeded\n')
    expect(right.stderr).toContain('WARNING! Using --password')
    expect(right.stderr).toContain(`stored unencrypted in '${file()}'`)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      HttpHeaders: { X: 'y' },
      auths: {
        'other.example': { auth: 'YTpi' },
        [server.host]: { auth: Buffer.from(`${user}:${password}`).toString('base64') },
      },
    })
    expect((await verb(login, server.host)).stdout).toBe(
      `Authenticating with existing credentials... [Username: ${user}]\nLogin Succeeded\n`,
    )

    using registry = client()
    await pushAndPull(registry, server.host)

    expect((await verb(logout, server.host)).stdout).toBe(`Removing login credentials for ${server.host}\n`)
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      HttpHeaders: { X: 'y' },
      auths: { 'other.example': { auth: 'YTpi' } },
    })
    using after = client()
    await expect(after.tags({ registry: server.host, repository: 'ns/app' })).rejects.toMatchObject({
      code: 'registry-denied',
    })
  })

  it('is not spoken to with a certificate that nobody vouches for, where one was named', async () => {
    rmSync(join(directory, 'certs.d'), { recursive: true })
    const own = join(directory, 'certs.d', server.host)
    mkdirSync(own, { recursive: true })
    mkdirSync(join(directory, 'elsewhere'))
    writeFileSync(join(own, 'ca.crt'), readFileSync(makeCertificates(join(directory, 'elsewhere')).ca))
    using registry = client()
    await expect(registry.tags({ registry: server.host, repository: 'ns/app' })).rejects.toMatchObject({
      code: 'registry-unreachable',
      hint: expect.stringContaining('certs.d'),
    })
  })
})
