import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findLeftovers } from '../support/e2e/leftovers.ts'
import { expectCode, tsbuild, tsrun } from '../support/e2e/rig.ts'

const example = join(import.meta.dirname, '../../Dockerfile.examples/nginx')

afterAll(async () => {
  await tsrun(['rm', '-f', 'web'])
})

/** A port that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })

const fetchPage = async (url: string): Promise<string> => {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(url)
      return `${response.status} ${await response.text()}`
    } catch (error) {
      if (attempt > 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

it('builds nginx from Debian packages, serves a page of the context, and leaves nothing behind', async () => {
  expectCode(await tsbuild(['-t', 'nginx:v3', example]))
  const port = await freePort()
  const started = expectCode(await tsrun(['-d', '--name', 'web', '-p', `${port}:80`, 'nginx:v3']))
  expect(started.stdout).toMatch(/^[0-9a-f]{64}\n$/)

  const page = readFileSync(join(example, 'test.html'), 'utf8')
  expect(await fetchPage(`http://127.0.0.1:${port}/test.html`)).toBe(`200 ${page}`)
  expect(await fetchPage(`http://[::1]:${port}/test.html`)).toBe(`200 ${page}`)

  expect(expectCode(await tsrun(['logs', 'web'])).stdout).toMatch(/"GET \/test.html HTTP\/1.1" 200/)
  expect(expectCode(await tsrun(['exec', 'web', 'ps'])).stdout).toMatch(/ps$/m)
  expect(expectCode(await tsrun(['ps'])).stdout).toMatch(
    new RegExp(`nginx:v3 .*Up .*0.0.0.0:${port}->80/tcp.* web`),
  )
  expectCode(await tsrun(['stop', 'web']))
  expect(expectCode(await tsrun(['ps', '-a'])).stdout).toMatch(/Exited \(0\)/)
  expectCode(await tsrun(['rm', 'web']))
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  expect(findLeftovers()).toEqual({ mounts: [], cgroups: [], processes: [], active: [] })
})

it('executes nothing when nothing changed, and gives the same image', async () => {
  const id = async (): Promise<string> => expectCode(await tsbuild(['-q', '-t', 'nginx:v3', example])).stdout
  const before = await id()
  const again = expectCode(await tsbuild(['--progress=plain', '-t', 'nginx:v3', example]))
  expect(again.stderr).toMatch(/RUN apt-get update/)
  expect(again.stderr.match(/CACHED/g)?.length).toBe(2)
  expect(await id()).toBe(before)
})
