import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openCredentials } from '../../../../../src/store/registry/index.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'credentials-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const write = (path: string, value: unknown): string => {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}
const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') })
const open = (env: Record<string, string> = {}, helperLimit = 5000) =>
  openCredentials({ env: { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, ...env }, helperLimit })
const user = (username: string) => ({ kind: 'password', username, password: 'p' })

/** A helper that keeps what it gets in files. */
const helper = (name: string, script: string): void => {
  const file = write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
}

it('takes the longest key that covers a repository, whole components only', async () => {
  write('.docker/config.json', {
    auths: {
      'example.com': auth('host:p'),
      'example.com/ns': auth('ns:p'),
      'example.com/ns/app': auth('app:p'),
      'https://legacy.example/v1/': auth('legacy:p'),
      'https://index.docker.io/v1/': auth('hub:p'),
    },
  })
  const credentials = open()
  expect(await credentials.find('example.com', 'ns/app')).toEqual(user('app'))
  expect(await credentials.find('example.com', 'ns/app/sub')).toEqual(user('app'))
  expect(await credentials.find('example.com', 'ns/application')).toEqual(user('ns'))
  expect(await credentials.find('example.com', 'nsx/app')).toEqual(user('host'))
  expect(await credentials.find('EXAMPLE.com')).toEqual(user('host'))
  expect(await credentials.find('legacy.example', 'a')).toEqual(user('legacy'))
  expect(await credentials.find('docker.io', 'library/busybox')).toEqual(user('hub'))
})

it.each([
  'example.com.evil.example',
  'registry.example.com',
  'notexample.com',
  'example.com:5000',
  'xample.com',
  'example.co',
  'com',
  'ns',
])('gives nothing of example.com to %s', async (host) => {
  write('.docker/config.json', {
    auths: { 'example.com': auth('u:p'), 'https://example.com/v2/': auth('u:p') },
  })
  expect(await open().find(host, 'example.com')).toBeUndefined()
})

it('reads every form of an entry', async () => {
  write('.docker/config.json', {
    auths: {
      'a.example': { ...auth('u:'), identitytoken: 'i' },
      'b.example': { registrytoken: 'r' },
      'c.example': { username: 'u', password: 'p' },
      'd.example': auth('u:p:with:colons'),
      'e.example': {},
    },
  })
  const credentials = open()
  expect(await credentials.find('a.example')).toEqual({ kind: 'identity-token', username: 'u', token: 'i' })
  expect(await credentials.find('b.example')).toEqual({ kind: 'registry-token', token: 'r' })
  expect(await credentials.find('c.example')).toEqual(user('u'))
  expect(await credentials.find('d.example')).toEqual({
    kind: 'password',
    username: 'u',
    password: 'p:with:colons',
  })
  expect(await credentials.find('e.example')).toBeUndefined()
})

it.each([
  '{"auths": canary-word',
  '[]',
  '{"auths":[]}',
  '{"auths":{"a.example":"canary-word"}}',
  '{"auths":{"a.example":{"auth":"Y2FuYXJ5LXdvcmQ="}}}',
])('refuses %s, and shows nothing of it', async (text) => {
  write('.docker/config.json', text)
  const error: unknown = await open()
    .find('a.example')
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'bad-credentials-file' })
  expect(String(error)).not.toContain('canary')
})

it('looks where docker and podman look, in that order', async () => {
  write('.docker/config.json', { auths: { 'a.example': auth('docker:p') } })
  write('.config/containers/auth.json', {
    auths: { 'a.example': auth('podman:p'), 'b.example': auth('podman:p') },
  })
  write('run/containers/auth.json', { auths: { 'b.example': auth('runtime:p') } })
  const named = write('named.json', { auths: { 'c.example': auth('named:p') } })
  write('other/config.json', { auths: { 'a.example': auth('other:p') } })
  expect(await open().find('a.example')).toEqual(user('docker'))
  expect(await open().find('b.example')).toEqual(user('podman'))
  expect(await open({ XDG_RUNTIME_DIR: join(home, 'run') }).find('b.example')).toEqual(user('runtime'))
  expect(await open({ DOCKER_CONFIG: join(home, 'other') }).find('a.example')).toEqual(user('other'))
  expect(await open({ REGISTRY_AUTH_FILE: named }).find('c.example')).toEqual(user('named'))
  expect(await open({ REGISTRY_AUTH_FILE: named }).find('a.example')).toBeUndefined()
})

it('asks the helper that is for the registry', async () => {
  helper(
    'mine',
    'read -r url; echo "{\\"ServerURL\\":\\"$url\\",\\"Username\\":\\"mine\\",\\"Secret\\":\\"p\\"}"',
  )
  helper(
    'all',
    'read -r url; case $url in *token*) echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"t\\"}";; *) echo "credentials not found in native keychain"; exit 1;; esac',
  )
  write('.docker/config.json', {
    credsStore: 'all',
    credHelpers: { 'a.example': 'mine' },
    auths: { 'c.example': auth('file:p') },
  })
  const credentials = open()
  expect(await credentials.find('a.example', 'x')).toEqual(user('mine'))
  expect(await credentials.find('token.example')).toEqual({
    kind: 'identity-token',
    username: '',
    token: 't',
  })
  expect(await credentials.find('b.example')).toBeUndefined()
  expect(await credentials.find('c.example')).toEqual(user('file'))
})

it.each([
  ['fails', 'echo canary-word; echo canary-word >&2; exit 3'],
  ['talks nonsense', 'echo canary-word'],
  ['hangs', 'sleep 60'],
])('gives up on a helper that %s, and shows nothing of what it says', async (_, script) => {
  helper('bad', script)
  write('.docker/config.json', { credsStore: 'bad' })
  const error: unknown = await open({}, 300)
    .find('a.example')
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'credential-helper-failed' })
  expect(String(error)).not.toContain('canary')
})

it('runs no program that is not called docker-credential-NAME', async () => {
  const file = write('bin/evil', `#!/bin/sh\necho '{"Username":"evil","Secret":"p"}'\n`)
  chmodSync(file, 0o755)
  // Beside what its path goes through by name only.
  write('.docker/config.json', { credHelpers: { 'a.example': 'x/../evil' } })
  await expect(open().find('a.example')).rejects.toMatchObject({ code: 'credential-helper-failed' })
})

it.each(['missing', '../../bin/sh', 'a/b', '-x'])('runs no program for the helper %s', async (name) => {
  write('.docker/config.json', { credsStore: name })
  await expect(open().find('a.example')).rejects.toMatchObject({ code: 'credential-helper-failed' })
})

it('keeps what else the file says, readable by its owner only', async () => {
  const file = write('.docker/config.json', {
    proxies: { x: 1 },
    auths: { 'b.example': auth('b:p'), 'https://a.example/v1/': auth('old:p') },
  })
  chmodSync(file, 0o644)
  const credentials = open()
  expect(await credentials.save('a.example', { kind: 'password', username: 'new', password: 'p' })).toEqual({
    kind: 'file',
    path: file,
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    proxies: { x: 1 },
    auths: { 'b.example': auth('b:p'), 'a.example': auth('new:p') },
  })
  expect(await credentials.find('a.example')).toEqual(user('new'))
  await credentials.erase('a.example')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    proxies: { x: 1 },
    auths: { 'b.example': auth('b:p') },
  })
  expect(await credentials.erase('a.example')).toBeUndefined()
})

it('makes the file where there is none', async () => {
  await open().save('docker.io', { kind: 'identity-token', username: 'u', token: 't' })
  expect(JSON.parse(readFileSync(join(home, '.docker/config.json'), 'utf8'))).toEqual({
    auths: { 'https://index.docker.io/v1/': { ...auth('u:'), identitytoken: 't' } },
  })
  expect(statSync(join(home, '.docker')).mode & 0o777).toBe(0o700)
})

it('gives secrets to the helper and to no file', async () => {
  helper('keep', `case $1 in store) cat > ${home}/kept;; erase) rm ${home}/kept;; esac`)
  const file = write('.docker/config.json', { credsStore: 'keep', auths: { 'a.example': auth('old:p') } })
  const credentials = open()
  await credentials.save('a.example', { kind: 'password', username: 'u', password: 'canary-word' })
  expect(JSON.parse(readFileSync(join(home, 'kept'), 'utf8'))).toEqual({
    ServerURL: 'a.example',
    Username: 'u',
    Secret: 'canary-word',
  })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ credsStore: 'keep', auths: { 'a.example': {} } })
  expect(await credentials.erase('a.example')).toEqual({ kind: 'helper', program: 'docker-credential-keep' })
  expect(existsSync(join(home, 'kept'))).toBe(false)
})
