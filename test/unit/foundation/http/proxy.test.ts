import { expect, it } from 'vitest'
import { proxyFor } from '../../../../src/foundation/http/index.ts'

const proxyOf = (url: string, env: Record<string, string>): string | undefined =>
  proxyFor(new URL(url), env)?.href

it.each([
  ['http://a.b/', { http_proxy: 'http://p:1' }, 'http://p:1/'],
  ['https://a.b/', { http_proxy: 'http://p:1' }, undefined],
  ['https://a.b/', { HTTPS_PROXY: 'p:1' }, 'http://p:1/'],
  ['http://a.b/', { HTTP_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' }, undefined],
  ['http://a.b/', { http_proxy: 'socks5://p:1' }, undefined],
  ['http://a.b/', { http_proxy: 'http://p:1', no_proxy: 'x, .b' }, undefined],
  ['http://a.b/', { http_proxy: 'http://p:1', NO_PROXY: 'a.b:80' }, undefined],
  ['http://a.b/', { http_proxy: 'http://p:1', NO_PROXY: 'a.b:81' }, 'http://p:1/'],
  ['http://ca.b/', { http_proxy: 'http://p:1', NO_PROXY: 'a.b' }, 'http://p:1/'],
  ['http://a.b/', { http_proxy: 'http://p:1', NO_PROXY: '*' }, undefined],
  ['http://localhost/', { http_proxy: 'http://p:1' }, undefined],
  ['http://127.0.0.1/', { http_proxy: 'http://p:1' }, undefined],
])('%s with %j goes through %s', (url, env, expected) => {
  expect(proxyOf(url, env)).toBe(expected)
})
