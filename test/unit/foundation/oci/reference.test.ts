import { describe, expect, it } from 'vitest'
import { familiarName, formatReference, parseReference } from '../../../../src/foundation/oci/index.ts'

const digest = `sha256:${'0'.repeat(64)}`

describe('parseReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest', 'nginx'],
    ['nginx:v3', 'docker.io/library/nginx:v3', 'nginx'],
    ['user/app', 'docker.io/user/app:latest', 'user/app'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app'],
    ['localhost:5000/a/b:1', 'localhost:5000/a/b:1', 'localhost:5000/a/b'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest', 'nginx'],
    ['registry.example/a__b/c-d.e:T_1.x', 'registry.example/a__b/c-d.e:T_1.x', 'registry.example/a__b/c-d.e'],
    ['HOST/app', 'HOST/app:latest', 'HOST/app'],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`, 'nginx'],
    [`nginx:v3@${digest}`, `docker.io/library/nginx:v3@${digest}`, 'nginx'],
  ])('%s', (text, full, familiar) => {
    const reference = parseReference(text)
    expect(formatReference(reference)).toBe(full)
    expect(familiarName(reference)).toBe(familiar)
  })

  it.each([
    '',
    ':tag',
    'UPPER',
    'a/UPPER',
    '0123456789abcdef'.repeat(4),
    'a//b',
    '/a',
    'a/',
    'a b',
    '../a',
    'a:',
    'a:-x',
    'a:b:c',
    `a@sha256:${'A'.repeat(64)}`,
    'a@x@y',
    `a:${'x'.repeat(129)}`,
    'x'.repeat(256),
    'host_name.example/a',
    '-a',
    'a-',
    'a..b',
  ])('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow(/parse image name/)
  })
})
