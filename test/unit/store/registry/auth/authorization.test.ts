import { expect, it } from 'vitest'
import { parseDigest, parseReference } from '../../../../../src/foundation/oci/index.ts'
import type { Credential } from '../../../../../src/store/registry/index.ts'
import { startFakeRegistry } from '../../../../support/registry/fake-registry.ts'
import { sendJson } from '../../../../support/registry/http-parts.ts'
import { testRegistry } from '../../../../support/registry/registry-rig.ts'
import { startTokenService } from '../../../../support/registry/token-service.ts'

const canary = 'canary-secret-word'
const password: Credential = { kind: 'password', username: 'user', password: canary }
const list = (name: string) => ({
  registry: name.split('/')[0] ?? '',
  repository: name.split('/').slice(1).join('/'),
})

it('asks for an anonymous token once per scope', async () => {
  await using tokens = await startTokenService()
  await using server = await startFakeRegistry({ fault: tokens.guard })
  server.addManifest('ns/app', 'v1', 'x', 'x')
  server.addManifest('other', 'v1', 'x', 'x')
  using registry = testRegistry()
  const name = list(`${server.host}/ns/app`)
  await Promise.all([registry.tags(name), registry.tags(name)])
  await registry.tags(name)
  await registry.tags(list(`${server.host}/other`))
  expect(tokens.requests.map(({ path }) => path)).toEqual([
    '/token?service=test+registry&scope=repository%3Ans%2Fapp%3Apull',
    '/token?service=test+registry&scope=repository%3Aother%3Apull',
  ])
  expect(tokens.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
})

it('shows the password to the token service and never to the registry', async () => {
  await using tokens = await startTokenService({ user: `user:${canary}` })
  await using server = await startFakeRegistry({ fault: tokens.guard })
  server.addManifest('app', 'v1', 'x', 'x')
  using registry = testRegistry({ credential: password })
  expect(await registry.tags(list(`${server.host}/app`))).toEqual(['v1'])
  expect(tokens.requests[0]?.path).toContain('account=user')
  expect(JSON.stringify(server.requests)).not.toContain(Buffer.from(`user:${canary}`).toString('base64'))
})

it('posts an identity token as OAuth2 has it', async () => {
  await using tokens = await startTokenService({ refreshToken: canary })
  await using server = await startFakeRegistry({ fault: tokens.guard })
  server.addManifest('app', 'v1', 'x', 'x')
  using registry = testRegistry({ credential: { kind: 'identity-token', username: '', token: canary } })
  await registry.tags(list(`${server.host}/app`))
  expect(Object.fromEntries(tokens.forms[0] ?? [])).toEqual({
    grant_type: 'refresh_token',
    refresh_token: canary,
    client_id: 'tsbuild',
    service: 'test registry',
    scope: 'repository:app:pull',
  })
})

it('asks again for a token that does not count any more', async () => {
  await using tokens = await startTokenService()
  await using server = await startFakeRegistry({ fault: tokens.guard })
  server.addManifest('app', 'v1', 'x', 'x')
  using registry = testRegistry()
  const name = list(`${server.host}/app`)
  await registry.tags(name)
  tokens.valid.clear()
  await Promise.all([registry.tags(name), registry.tags(name), registry.tags(name)])
  expect(tokens.requests.length).toBe(2)
})

it('gives up when no token helps', async () => {
  await using tokens = await startTokenService()
  await using server = await startFakeRegistry({
    fault: (...call) => {
      tokens.valid.clear()
      return tokens.guard(...call)
    },
  })
  using registry = testRegistry()
  await expect(registry.tags(list(`${server.host}/app`))).rejects.toMatchObject({
    code: 'registry-denied',
    exitCode: 77,
    hint: expect.stringContaining(`tsbuild login ${server.host}`),
  })
})

it('sends user and password as Basic where that is asked for, from the second request on at once', async () => {
  const expected = `Basic ${Buffer.from(`user:${canary}`).toString('base64')}`
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (request.headers.authorization === expected) return false
      response.setHeader('WWW-Authenticate', 'Basic realm="x, y"')
      sendJson(response, 401, {})
      return true
    },
  })
  server.addManifest('app', 'v1', 'x', 'x')
  using registry = testRegistry({ credential: password })
  await registry.tags(list(`${server.host}/app`))
  await registry.tags(list(`${server.host}/app`))
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, expected, expected])
})

it('sends a registry token as it is', async () => {
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (request.headers.authorization === `Bearer ${canary}`) return false
      response.setHeader('WWW-Authenticate', 'Bearer realm="http://nowhere.invalid/token"')
      sendJson(response, 401, {})
      return true
    },
  })
  server.addManifest('app', 'v1', 'x', 'x')
  using registry = testRegistry({ credential: { kind: 'registry-token', token: canary } })
  expect(await registry.tags(list(`${server.host}/app`))).toEqual(['v1'])
})

it.each([
  ['http://tokens.example/token'],
  ['http://127.0.0.1.example/token'],
  ['http://localhost.example/token'],
  ['ftp://127.0.0.1/token'],
  ['file:///etc/passwd'],
  ['no url'],
  [''],
])('sends nothing to the token service %j', async (realm) => {
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      response.setHeader('WWW-Authenticate', `Bearer realm="${realm}"`)
      sendJson(response, 401, {})
      return true
    },
  })
  using registry = testRegistry({ credential: password })
  await expect(registry.tags(list(`${server.host}/app`))).rejects.toMatchObject({ code: 'registry-refused' })
})

it('takes credentials away from a redirect to another host, and answers no challenge there', async () => {
  const bytes = Buffer.from('layer')
  await using storage = await startFakeRegistry({
    fault: (_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes)
      return true
    },
  })
  await using tokens = await startTokenService({ user: `user:${canary}` })
  await using server = await startFakeRegistry({
    fault: async (request, response, itself) => {
      if (await tokens.guard(request, response, itself)) return true
      response.writeHead(307, { Location: `http://user:pass@${storage.host}/data?signature=${canary}` }).end()
      return true
    },
  })
  using registry = testRegistry({ credential: password, headers: { 'X-Configured': canary } })
  const blob = { mediaType: 'x', digest: parseDigest(server.addBlob(bytes)), size: bytes.length }
  const got: Uint8Array[] = []
  await registry.blob(list(`${server.host}/app`), blob, (chunk) => void got.push(Buffer.from(chunk)))
  expect(Buffer.concat(got).equals(bytes)).toBe(true)
  expect(server.requests.at(-1)?.headers['x-configured']).toBe(canary)
  expect(storage.requests.map(({ headers }) => [headers.authorization, headers['x-configured']])).toEqual([
    [undefined, undefined],
  ])
  storage.fault = (_, response) => {
    response.setHeader('WWW-Authenticate', `Bearer realm="${tokens.url}"`)
    sendJson(response, 401, {})
    return true
  }
  const asked = tokens.requests.length
  await expect(registry.blob(list(`${server.host}/app`), blob, () => undefined)).rejects.toMatchObject({
    code: 'registry-denied',
  })
  expect(tokens.requests.length).toBe(asked)
})

it('sends no upload to another host', async () => {
  await using other = await startFakeRegistry()
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      response.writeHead(307, { Location: `http://${other.host}/v2/app/blobs/uploads/` }).end()
      return true
    },
  })
  using registry = testRegistry()
  const bytes = Buffer.from('layer')
  const blob = { mediaType: 'x', digest: parseDigest(other.addBlob(bytes)), size: bytes.length }
  await expect(registry.pushBlob(list(`${server.host}/app`), blob, { bytes })).rejects.toMatchObject({
    code: 'registry-refused',
  })
  expect(other.requests).toEqual([])
})

it('shows no secret in any failure', async () => {
  const texts: string[] = []
  const note = (error: unknown): void => {
    for (let at = error; at instanceof Error; at = at.cause)
      texts.push(`${at.message} ${JSON.stringify(at)} ${'hint' in at ? String(at.hint) : ''}`)
  }
  await using tokens = await startTokenService({ user: `user:${canary}` })
  await using server = await startFakeRegistry({
    fault: async (request, response, itself) => {
      if (await tokens.guard(request, response, itself)) return true
      // A server that says what it was told.
      const message = `${request.headers.authorization ?? ''} ${canary} ${encodeURIComponent(canary)} ${Buffer.from(`user:${canary}`).toString('base64')}`
      sendJson(response, 400, { errors: [{ code: 'BAD', message }] })
      return true
    },
  })
  using registry = testRegistry({ credential: password })
  const name = parseReference(`${server.host}/app:v1`)
  await registry.tags(name).catch(note)
  await registry.manifest(name).catch(note)
  expect(texts.length).toBeGreaterThan(1)
  const shown = texts.join('\n')
  expect(shown).toContain('BAD')
  for (const secret of [canary, 'token-number', Buffer.from(`user:${canary}`).toString('base64')])
    expect(shown).not.toContain(secret)
})

it('gives what to keep after a login, and refuses a wrong password', async () => {
  await using tokens = await startTokenService({ user: `user:${canary}`, refreshToken: 'refresh-token' })
  await using server = await startFakeRegistry({ fault: tokens.guard })
  using registry = testRegistry()
  expect(await registry.login(server.host, password)).toEqual({
    kind: 'identity-token',
    username: 'user',
    token: 'refresh-token',
  })
  await expect(registry.login(server.host, { ...password, password: 'another' })).rejects.toMatchObject({
    code: 'registry-denied',
    hint: expect.stringContaining('password'),
  })
})

it('says of a refused login that the credentials are wrong', async () => {
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      response.setHeader('WWW-Authenticate', 'Basic realm="x"')
      sendJson(response, 401, {})
      return true
    },
  })
  using registry = testRegistry()
  await expect(registry.login(server.host, password)).rejects.toMatchObject({
    code: 'registry-denied',
    hint: expect.stringContaining('credentials are wrong'),
  })
})

it('does not send a login to where the registry leads', async () => {
  await using other = await startFakeRegistry()
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (request.headers.authorization === undefined) {
        response.setHeader('WWW-Authenticate', 'Basic realm="x"')
        sendJson(response, 401, {})
      } else response.writeHead(307, { Location: `http://${other.host}/v2/` }).end()
      return true
    },
  })
  using registry = testRegistry()
  await registry.login(server.host, password).catch(() => undefined)
  expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
})

it('is nobody for a registry without TLS that is not on this machine', async () => {
  await using tokens = await startTokenService()
  let challenge = `Bearer realm="${tokens.url}"`
  // A proxy for plain http: it is asked in the place of a host that is elsewhere.
  await using proxy = await startFakeRegistry({
    fault: (request, response) => {
      if (request.headers.authorization?.startsWith('Bearer token-number')) return false
      response.setHeader('WWW-Authenticate', challenge)
      sendJson(response, 401, {})
      return true
    },
  })
  proxy.addManifest('app', 'v1', 'x', 'x')
  const env = { http_proxy: `http://${proxy.host}` }
  using registry = testRegistry({ credential: password, env })
  expect(await registry.tags(list('registry.test/app'))).toEqual(['v1'])
  challenge = 'Basic realm="x"'
  using another = testRegistry({ credential: password, env })
  await expect(another.tags(list('registry.test/app'))).rejects.toMatchObject({ code: 'registry-refused' })
  await expect(another.login('registry.test', password)).rejects.toMatchObject({ code: 'registry-refused' })
  expect(proxy.requests.length).toBeGreaterThan(3)
  expect(tokens.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  expect(JSON.stringify([proxy.requests, tokens.requests])).not.toMatch(/Basic|account=/)
})
