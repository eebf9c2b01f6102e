import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectCode, makeDirectory, type Outcome, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { type DockerRegistry, startDockerRegistry } from '../support/registry/docker-registry.ts'

/** Build cache from one store to another, through the built programs. */

let registry: DockerRegistry
beforeAll(async () => {
  registry = await startDockerRegistry()
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
})

const dockerfile = `FROM busybox AS builder
RUN mkdir /out && cat /proc/sys/kernel/random/uuid >/out/made && head -c 300000 /dev/urandom >/large
FROM busybox
RUN cat /proc/sys/kernel/random/uuid >/own
COPY --from=builder /out /out
RUN --mount=from=builder,target=/b cat /b/out/made >/seen
CMD ["sh", "-c", "cat /own /out/made /seen"]
`

const env = { TSBUILD_CACHE_KEY: 'a key that two machines share' }
const word = (text: string): RegExp => new RegExp(`#\\d+ ${text}`, 'g')
const count = ({ stderr }: Outcome, pattern: RegExp): number => stderr.match(pattern)?.length ?? 0

it('gives an empty store what another one has built, and fetches what is needed', async () => {
  using context = makeDirectory({ Dockerfile: dockerfile })
  const ref = `${registry.host}/e2e/cache:1`
  const build = (args: readonly string[], root?: string): Promise<Outcome> =>
    tsbuild(['--progress=plain', '--network', 'none', ...args, '.'], {
      cwd: context.path,
      env,
      ...(root === undefined ? {} : { root }),
    })
  const name = 'e2e-build-cache'
  const made = expectCode(await build(['--cache-to', `type=registry,ref=${ref},mode=max`, '-t', name]))
  expect(made.stderr).toContain(`exporting cache to ${ref}`)
  const said = expectCode(await tsrun(['--rm', '--network', 'none', name])).stdout

  // The same base in an empty store.
  using other = makeDirectory()
  const root = join(other.path, 'store')
  expectCode(await tsbuild(['save', '-o', join(other.path, 'base.tar'), 'busybox']))
  expectCode(await tsbuild(['load', '-i', join(other.path, 'base.tar')], { root }))
  const files = join(other.path, 'files')
  const again = expectCode(await build(['--cache-from', ref, '-t', name, '-o', files], root))
  expect(count(again, word('CACHED'))).toBe(4)
  expect(count(again, word('fetching layer'))).toBe(3)
  const [own, out, seen] = ['own', 'out/made', 'seen'].map((path) => readFileSync(join(files, path), 'utf8'))
  expect(`${own}${out}${seen}`).toBe(said)
  expect(existsSync(join(files, 'large'))).toBe(false)

  // Another step on top of the builder's: now its layer is needed.
  writeFileSync(join(context.path, 'Dockerfile'), dockerfile.replace('>/seen', '>/seen && echo more >/more'))
  const changed = expectCode(await build(['--cache-from', ref, '-o', files], root))
  expect([count(changed, word('CACHED')), count(changed, word('fetching layer'))]).toEqual([3, 1])
  expectCode(await tsbuild(['rmi', name]))
})

it('does not believe a cache that others have written', async () => {
  using context = makeDirectory({ Dockerfile: 'FROM busybox\nRUN cat /proc/sys/kernel/random/uuid >/own\n' })
  const cache = join(context.path, 'cache')
  const build = (args: readonly string[], over: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
    tsbuild(['--progress=plain', '--network', 'none', ...args, '.'], { cwd: context.path, env: over })
  expectCode(await build(['--no-cache', '--cache-to', `type=local,dest=${cache}`]))
  expect(readdirSync(join(cache, 'blobs/sha256')).length).toBeGreaterThan(2)
  const refused = expectCode(await build(['--cache-from', `type=local,src=${cache}`], env))
  expect(refused.stderr).toContain('its records are not signed')
  const failed = await build(['--cache-to', `type=registry,ref=127.0.0.1:1/x`])
  expect([failed.code, failed.stderr]).toEqual([69, expect.stringContaining('127.0.0.1:1')])
})
