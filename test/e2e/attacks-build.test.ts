import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { buildAttack, processesWith } from '../support/e2e/attack-rig.ts'
import { eventually } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, tsbuild } from '../support/e2e/rig.ts'
import { startServer } from '../support/http-server.ts'

/** What builds write, fetch and leave behind when somebody means harm: SECURITY rows 51, 53, 69 and what builders did to their hosts. */

it('a program that crashes writes no secret into the layer', async () => {
  await using built = await buildAttack(
    "FROM busybox\nRUN --mount=type=secret,id=s,env=TOKEN cd /tmp; grep -i core /proc/self/limits; ulimit -c unlimited; sh -c 'kill -SEGV $$'; ls -A /tmp; true\n",
    { files: { s: 'value-of-secret' }, args: ['--secret', 'id=s,src=s', '--no-cache'] },
  )
  const { stderr } = expectCode(built.outcome)
  expect(stderr).toMatch(/Max core file size +0 +0 /)
  expect(stderr).not.toMatch(/^#\d+ \S+ core/m)
})

it.skipIf(!existsSync('/usr/bin/ssh-agent'))(
  'an agent with keys ends with a build that is killed',
  async () => {
    using directory = makeDirectory({
      Dockerfile: 'FROM busybox\nRUN --mount=type=ssh echo started; sleep 100\n',
    })
    const key = join(directory.path, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const child = spawn(
      join(import.meta.dirname, '../../bin/tsbuild'),
      ['--no-cache', '--progress=plain', '--ssh', `default=${key}`, directory.path],
      {
        env: { ...process.env, TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    await new Promise<void>((resolve) =>
      child.stderr.on('data', (chunk: Buffer) => {
        if (/^#\d+ \d+\.\d+ started/m.test(chunk.toString())) resolve()
      }),
    )
    const sign = `ssh-agent\0-a\0${inject('runRoot')}`
    expect(processesWith(sign)).not.toEqual([])
    child.kill('SIGKILL')
    // By itself it looks every ten seconds whether it is still wanted.
    await eventually(() => processesWith(sign).length === 0, 8000)
  },
)

it('an id, metadata or an archive that goes to a device takes the place of none', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM scratch\nLABEL a=b\n' })
  mkdirSync(join(directory.path, 'out'))
  const link = join(directory.path, 'out/null')
  symlinkSync('/dev/null', link)
  for (const args of [
    ['--iidfile', link],
    ['--metadata-file', link],
    ['-o', `type=tar,dest=${link}`],
  ]) {
    expectCode(await tsbuild([...args, directory.path]))
    expect(readlinkSync(link)).toBe('/dev/null')
  }
  expect(readdirSync(join(directory.path, 'out'))).toEqual(['null'])
})

it('a build that fails leaves no id of an earlier one', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY nothing /\n', id: 'sha256:old' })
  const id = join(directory.path, 'id')
  expect((await tsbuild(['--iidfile', id, directory.path])).code).not.toBe(0)
  expect(existsSync(id)).toBe(false)
})

it('a server cannot put a file under the checksum of another', async () => {
  const good = 'FROM scratch\n'
  const digest = `sha256:${execFileSync('sha256sum', { input: good }).toString().slice(0, 64)}`
  let evil = false
  await using server = await startServer((request, response) => {
    response.setHeader('ETag', '"1"')
    if (evil && request.headers['if-none-match'] !== undefined) response.writeHead(304).end()
    else response.end(evil && !request.url?.startsWith('/honest') ? 'evil' : good)
  })
  using directory = makeDirectory()
  const options = { root: join(directory.path, 'store') }
  const url = `${server.url}/tool`
  // As a context the file has another name, so that the ADD finds the tag but no step.
  expectCode(await tsbuild([url], options))
  evil = true
  const add = directory.write('a/Dockerfile', `FROM scratch\nADD ${url} /f\n`)
  const refused = await tsbuild(['-f', add, directory.path], options)
  expect(refused.stderr).toContain('then sent something else')
  const honest = directory.write(
    'b/Dockerfile',
    `FROM scratch\nADD --checksum=${digest} ${server.url}/honest/tool /f\n`,
  )
  const out = join(directory.path, 'out')
  expectCode(await tsbuild(['-f', honest, '-o', out, directory.path], options))
  expect(readFileSync(join(out, 'f'), 'utf8')).toBe(good)
})
