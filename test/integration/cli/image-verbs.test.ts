import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CliContext, RunVerb } from '../../../src/cli/context.ts'
import { tsbuildVerbs } from '../../../src/cli/verbs.ts'
import { makeTar } from '../../support/archive/make-tar.ts'
import { runVerb, type VerbResult } from '../../support/memory-cli.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-verbs-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const verbs: Readonly<Record<string, () => Promise<RunVerb>>> = tsbuildVerbs

const tsbuild = async (
  line: string | readonly string[],
  over: Partial<CliContext> = {},
): Promise<VerbResult> => {
  const [verb = '', ...argv] = typeof line === 'string' ? line.split(' ') : line
  const load = verbs[verb]
  if (!load) throw new Error(`no verb ${verb}`)
  return runVerb(await load(), argv, { root: join(directory, 'store'), cwd: directory, ...over })
}

/** Imports a small root file system and returns the id. */
const imported = async (name: string, content = 'x'): Promise<string> => {
  const tar = await makeTar([
    { name: 'etc/', type: 'directory' },
    { name: 'etc/file', content },
  ])
  writeFileSync(join(directory, 'root.tar'), tar)
  const { stdout, stderr, code } = await tsbuild([
    'import',
    '-c',
    'CMD ["/bin/x"]',
    '-c',
    'ENV A="b c"',
    '-m',
    'mine',
    'root.tar',
    name,
  ])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout.trim()
}

describe('import, images, history, inspect', () => {
  it('gives templates what docker leaves out of its JSON where it is not set', async () => {
    await imported('bare:1')
    const format = '{{.Variant}}{{.OsVersion}}|{{.Config.ExposedPorts}}|{{.Config.StopSignal}}'
    expect((await tsbuild(['inspect', '-f', format, 'bare:1'])).stdout).toBe('|map[]|\n')
    expect((await tsbuild('inspect bare:1')).stdout).not.toContain('Healthcheck')
  })
  it('says that it fetches nothing', async () => {
    const { code, stderr } = await tsbuild('import http://127.0.0.1:1/root.tar')
    expect([code, stderr]).toEqual([2, expect.stringContaining('expected a file or -')])
  })
  it('makes an image and shows it', async () => {
    const id = await imported('web:v1')
    const short = id.slice(7, 19)
    expect((await tsbuild('images')).stdout).toBe(
      `REPOSITORY   TAG       IMAGE ID       CREATED                  SIZE\nweb          v1        ${short}   Less than a second ago   2.56kB\n`,
    )
    expect((await tsbuild('images -q')).stdout).toBe(`${short}\n`)
    expect((await tsbuild('images -q --no-trunc web')).stdout).toBe(`${id}\n`)
    expect((await tsbuild('images -q db')).stdout).toBe('')
    expect((await tsbuild('images --format {{.Repository}}:{{.Tag}}={{.Size}}')).stdout).toBe(
      'web:v1=2.56kB\n',
    )
    expect((await tsbuild('history web:v1')).stdout).toContain('mine')
    const [found] = JSON.parse((await tsbuild('inspect web:v1')).stdout) as Record<string, unknown>[]
    expect(found).toMatchObject({
      Id: id,
      RepoTags: ['web:v1'],
      Config: { Cmd: ['/bin/x'], Env: expect.arrayContaining(['A=b c']) as unknown },
    })
    expect((await tsbuild(['inspect', '-f', '{{json .Config.Cmd}}', short])).stdout).toBe('["/bin/x"]\n')
  })

  it('refuses changes that are no config', async () => {
    writeFileSync(join(directory, 'root.tar'), '')
    for (const change of ['RUN rm -rf /', 'COPY a b', 'FROM x', 'nonsense', 'ENV A=1\nRUN x']) {
      const { code, stderr } = await tsbuild(['import', '-c', change, 'root.tar'])
      expect(code, change).toBe(2)
      expect(stderr).toContain('--change')
    }
  })

  it('says what it does not know', async () => {
    await imported('web:v1')
    const missing = await tsbuild('inspect web:v1 wep:v1')
    expect(missing.code).toBe(1)
    expect(JSON.parse(missing.stdout)).toHaveLength(1)
    expect(missing.stderr).toBe(
      'tsbuild: error: find image wep:v1: it is not in the store\nhint: did you mean web:v1?\n',
    )
    expect((await tsbuild('images --fliter x')).stderr).toContain('--filter')
    expect((await tsbuild('images --filter x=y')).code).toBe(1)
    expect((await tsbuild('tag a')).stderr).toContain("missing required argument 'target'")
    expect((await tsbuild('import none.tar')).stderr).toContain('open archive')
  })

  it('prints help and loads nothing', async () => {
    const { code, stdout } = await tsbuild('rmi --help')
    expect(code).toBe(0)
    expect(stdout).toContain('--force')
    expect(existsSync(join(directory, 'store'))).toBe(false)
  })
})

describe('tag, rmi, prune, df', () => {
  it('takes names away one by one, then the image and what it takes', async () => {
    const id = await imported('web:v1')
    await tsbuild('tag web:v1 web:v2')
    expect((await tsbuild('rmi web:v1')).stdout).toBe('Untagged: web:v1\n')
    await tsbuild('tag web:v2 other')
    const several = await tsbuild(['rmi', id.slice(7, 19)])
    expect(several.code).toBe(1)
    expect(several.stderr).toContain('it has the names other:latest, web:v2')
    const forced = await tsbuild(['rmi', '-f', id.slice(7, 19), 'nope'])
    expect([forced.code, forced.stderr]).toEqual([0, expect.stringContaining('find image nope')])
    expect((await tsbuild(['rmi', 'nope'])).code).toBe(1)
    expect((await tsbuild('images')).stdout).not.toContain('web')
    expect((await tsbuild(['df', '--format', '{{.Type}} {{.TotalCount}} {{.Size}}'])).stdout).toBe(
      'Images 0 0B\nBuild Cache 0 0B\nCache Mounts 0 0B\nUnreferenced 0 0B\nLocal Volumes 0 0B\n',
    )
  })

  it('prunes nameless images, or all, and asks first', async () => {
    const first = await imported('web:v1', 'one')
    await imported('web:v1', 'two')
    expect((await tsbuild('images --filter dangling=true -q')).stdout.trim()).toBe(first.slice(7, 19))
    expect((await tsbuild('prune', { stdin: { fd: -1, isTTY: false } })).code).toBe(2)
    writeFileSync(join(directory, 'no'), 'n\n')
    const no = { fd: openSync(join(directory, 'no'), 'r'), isTTY: true }
    expect((await tsbuild('prune', { stdin: no })).code).toBe(1)
    const pruned = await tsbuild('prune -f')
    expect(pruned.stdout).toContain(`Deleted: ${first}`)
    expect(pruned.stdout).not.toContain('web:v1')
    expect((await tsbuild('prune -af')).stdout).toMatch(
      /Untagged: web:v1\nDeleted: .*\nRemoved 1 layers, .*\nTotal reclaimed space: [1-9]/,
    )
    expect((await tsbuild('images -q')).stdout).toBe('')
  })
})

describe('save and load', () => {
  it('go through a pipe or a file', async () => {
    const id = await imported('web:v1')
    const { bytes } = await tsbuild('save web:v1')
    await tsbuild('save -o image.tar web:v1')
    expect(readFileSync(join(directory, 'image.tar')).equals(bytes)).toBe(true)
    const root = join(directory, 'other')
    const stdin = { fd: openSync(join(directory, 'image.tar'), 'r'), isTTY: false }
    expect((await tsbuild('load', { root, stdin })).stdout).toBe('Loaded image: web:v1\n')
    expect((await tsbuild('images -q --no-trunc', { root })).stdout).toBe(`${id}\n`)
    await imported('web:v1', 'newer')
    expect((await tsbuild('load -i image.tar')).stdout).toMatch(
      /^The name web:v1 belonged to image sha256:\w+ and was taken from it\nLoaded/,
    )
  })

  it('refuse terminals and unknown formats', async () => {
    await imported('web:v1')
    const stdout = { isTTY: true, columns: 80, write: () => {} }
    expect((await tsbuild('save web:v1', { stdout })).code).toBe(2)
    expect((await tsbuild('load')).code).toBe(2)
    expect((await tsbuild('save --format zip web:v1')).stderr).toContain('known formats')
    expect((await tsbuild('save --format oci-dir web:v1')).code).toBe(2)
  })
})
