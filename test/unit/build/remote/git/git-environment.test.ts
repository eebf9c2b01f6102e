import { describe, expect, it } from 'vitest'
import {
  gitHeaderFor,
  remoteWithoutCredentials,
} from '../../../../../src/build/remote/git/git-authorization.ts'
import { gitEnvironment } from '../../../../../src/build/remote/git/git-environment.ts'

const secrets = (values: Record<string, string>) => (id: string) =>
  values[id] === undefined ? undefined : Buffer.from(values[id])

describe('gitHeaderFor', () => {
  it.each([
    [
      { 'GIT_AUTH_TOKEN.h:1': 'a', GIT_AUTH_TOKEN: 'b', GIT_AUTH_HEADER: 'c' },
      `basic ${btoa('x-access-token:a')}`,
    ],
    [{ GIT_AUTH_TOKEN: 'b', GIT_AUTH_HEADER: 'c' }, 'c'],
    [{ GIT_AUTH_TOKEN: 'b\r\nX: y' }, `basic ${btoa('x-access-token:bX: y')}`],
    [{ 'GIT_AUTH_TOKEN.other': 'b' }, undefined],
  ])('%j', (values, expected) => {
    const found = gitHeaderFor('https://h:1/a.git', secrets(values))
    expect(found?.header).toBe(expected === undefined ? undefined : `Authorization: ${expected}`)
    if (found) expect(found.scope).toBe('https://h:1/')
  })

  it('is for http only, and takes what the URL has', () => {
    expect(gitHeaderFor('git@h:a', secrets({ GIT_AUTH_TOKEN: 'b' }))).toBeUndefined()
    expect(gitHeaderFor('http://u:p%20x@h/a.git', secrets({}))?.header).toBe(
      `Authorization: basic ${btoa('u:p x')}`,
    )
  })
})

it.each([
  ['https://u:p@h/a@b.git', 'https://h/a@b.git'],
  ['ssh://git:pw@h/a', 'ssh://git@h/a'],
  ['git@h:a', 'git@h:a'],
])('takes credentials out of %s', (remote, expected) => {
  expect(remoteWithoutCredentials(remote)).toBe(expected)
})

describe('gitEnvironment', () => {
  const environment = (more = {}) =>
    gitEnvironment('https://h/a.git', {
      stage: '',
      repositories: '',
      env: {
        PATH: '/bin',
        GIT_SSH_COMMAND: 'evil',
        LD_PRELOAD: 'evil',
        GIT_EXEC_PATH: 'evil',
        EDITOR: 'evil',
      },
      secret: secrets({ GIT_AUTH_TOKEN: 'canary' }),
      ...more,
    })

  it('has nothing of the caller but paths, proxies and certificates', () => {
    expect(Object.values(environment())).not.toContain('evil')
    expect(environment()).toMatchObject({
      GIT_ALLOW_PROTOCOL: 'http:https:git:ssh',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
    })
  })

  it('follows no redirects with a header of its own', () => {
    const values = Object.values(environment())
    expect(values).toContain('http.followRedirects')
    expect(Object.values(environment({ secret: secrets({}) }))).not.toContain('http.followRedirects')
  })

  it('quotes paths of keys for the shell', () => {
    const ssh = { kind: 'keys', paths: ["/a'; touch /tmp/x; '"] }
    expect(environment({ ssh })['GIT_SSH_COMMAND']).toContain(`-i '/a'\\''; touch /tmp/x; '\\'''`)
  })
})
