import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CliContext, RunVerb } from '../../../src/cli/context.ts'
import { tsbuildVerbs } from '../../../src/cli/verbs.ts'
import { hostPlatform } from '../../../src/foundation/oci/index.ts'
import { runVerb, type VerbResult } from '../../support/memory-cli.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-platforms-'))
  mkdirSync(join(directory, 'context'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const verbs: Readonly<Record<string, () => Promise<RunVerb>>> = tsbuildVerbs
const host = `linux/${hostPlatform().architecture}`
const other = 'linux/s390x'

const run = async (line: string | readonly string[], over: Partial<CliContext> = {}): Promise<VerbResult> => {
  const [verb = '', ...argv] = typeof line === 'string' ? line.split(' ') : line
  const load = verbs[verb]
  if (!load) throw new Error(`no verb ${verb}`)
  const root = join(directory, 'store')
  return runVerb(await load(), argv, { root, runRoot: join(directory, 'run'), cwd: directory, ...over })
}

const tsbuild = async (line: string | readonly string[], over: Partial<CliContext> = {}): Promise<string> => {
  const { code, stdout, stderr } = await run(line, over)
  expect(code, stderr).toBe(0)
  return stdout
}

const withDockerfile = (text: string): void => writeFileSync(join(directory, 'context/Dockerfile'), text)

const multi = async (...options: readonly string[]): Promise<string> => {
  withDockerfile('FROM scratch\nARG TARGETPLATFORM\nCOPY <<EOF /platform\n$TARGETPLATFORM\nEOF\nCMD ["/x"]\n')
  return (await tsbuild(['build', '-q', '--platform', `${other},${host}`, ...options, 'context'])).trim()
}

interface Index {
  readonly annotations?: unknown
  readonly manifests: readonly {
    readonly digest: string
    readonly platform: unknown
    readonly annotations?: unknown
  }[]
}

const document = async (name: string): Promise<Index> =>
  JSON.parse(await tsbuild(['manifest', 'inspect', name])) as Index

describe('images for several platforms', () => {
  it('are built as an index, whose images are found by platform', async () => {
    const digest = await multi('-t', 'web:1')
    const { manifests } = await document('web:1')
    expect(manifests.map(({ platform }) => platform)).toMatchObject([
      { architecture: 's390x' },
      { architecture: hostPlatform().architecture },
    ])
    const architecture = '{{.Architecture}} {{.Descriptor.digest}}'
    expect(await tsbuild(['inspect', '-f', architecture, 'web:1'])).toBe(
      `${hostPlatform().architecture} ${digest}\n`,
    )
    expect(await tsbuild(['inspect', '-f', architecture, '--platform', other, 'web:1'])).toBe(
      `s390x ${manifests[0]?.digest}\n`,
    )
    expect((await run('inspect --platform linux/riscv64 web:1')).stderr).toContain('the store has it for')
    expect(await tsbuild('images --format {{.Repository}}:{{.Tag}}')).toBe('web:1\n')
    expect(await tsbuild('images --tree')).toMatch(/web:1.*\n├─ linux\/s390x .*\n└─ linux\/\w+ /)
    // Built again it is the same, and each image is what a build for its platform alone makes.
    expect(await multi('-t', 'web:2')).toBe(digest)
    const alone = await tsbuild(['build', '-q', '--platform', other, 'context'])
    expect(await tsbuild(['inspect', '-f', '{{.Id}}', '--platform', other, 'web:1'])).toBe(alone)
  })

  it('have annotations where they are asked for', async () => {
    const on = [`index:a=1`, `manifest-descriptor[${other}]:b=2`, `manifest[${host}]:c=3`]
    await multi('-t', 'web:1', ...on.flatMap((text) => ['--annotation', text]))
    const index = await document('web:1')
    expect(index.annotations).toEqual({ a: '1' })
    expect(index.manifests.map(({ annotations }) => annotations)).toEqual([{ b: '2' }, undefined])
    const manifest = await tsbuild(['manifest', 'inspect', index.manifests[1]?.digest ?? ''])
    expect(JSON.parse(manifest)).toMatchObject({ annotations: { c: '3' } })
  })

  it.each(['docker-archive', 'oci-archive'])('survive a save as %s and a load', async (format) => {
    const digest = await multi('-t', 'web:1')
    await tsbuild(`save --format ${format} -o web.tar web:1`)
    const root = join(directory, 'other-store')
    expect(await tsbuild('load -i web.tar', { root })).toBe('Loaded image: web:1\n')
    expect(await tsbuild('images --digests --format {{.Digest}}', { root })).toBe(`${digest}\n`)
    expect(
      await tsbuild(['inspect', '-f', '{{.Architecture}}', '--platform', other, 'web:1'], { root }),
    ).toBe('s390x\n')
    const single = join(directory, 'third-store')
    await tsbuild(['load', '-i', 'web.tar', '--platform', other], { root: single })
    expect(await tsbuild('images --tree', { root: single })).not.toContain(host)
  })

  it('go with their last name, and stay as long as there is one', async () => {
    const digest = await multi('-t', 'web:1')
    await tsbuild('tag web:1 web:2')
    expect((await run(['rmi', digest])).stderr).toContain('it has the names web:1, web:2')
    expect(await tsbuild('rmi web:1')).toBe('Untagged: web:1\n')
    await tsbuild('prune -f')
    expect(await tsbuild('images -q web:2')).toMatch(/^[0-9a-f]{12}\n$/)
    expect(await tsbuild(['inspect', '-f', '{{.Os}}', '--platform', other, 'web:2'])).toBe('linux\n')
    const removed = await tsbuild('rmi web:2')
    expect(removed.split('\n').filter((line) => line.startsWith('Deleted'))).toHaveLength(3)
    expect(await tsbuild('images -a -q')).toBe('')
  })

  it('are exported as a directory for each, and so in a tar', async () => {
    await multi('-o', 'out')
    expect(readFileSync(join(directory, 'out/linux_s390x/platform'), 'utf8')).toBe('linux/s390x\n')
    expect(readFileSync(join(directory, `out/${host.replace('/', '_')}/platform`), 'utf8')).toBe(`${host}\n`)
    await multi('-o', 'type=tar,dest=out.tar')
    const listed = execFileSync('tar', ['-tf', join(directory, 'out.tar')]).toString()
    expect(listed).toContain('linux_s390x/platform\n')
    expect(listed).toContain(`${host.replace('/', '_')}/platform\n`)
  })
})

describe('manifest lists', () => {
  it('are made, added to, annotated and removed', async () => {
    withDockerfile('FROM scratch\nCOPY Dockerfile /\n')
    for (const platform of [host, other])
      await tsbuild(['build', '-q', '--platform', platform, '-t', `part:${platform.slice(6)}`, 'context'])
    await tsbuild('manifest create all:1')
    expect((await document('all:1')).manifests).toEqual([])
    await tsbuild(`manifest add all:1 part:${host.slice(6)} part:s390x`)
    await tsbuild('manifest annotate --variant z15 --annotation a=b all:1 part:s390x')
    await tsbuild('manifest annotate --index --annotation c=d all:1')
    const { annotations, manifests } = await document('all:1')
    expect(annotations).toEqual({ c: 'd' })
    expect(manifests[1]).toMatchObject({
      platform: { architecture: 's390x', variant: 'z15' },
      annotations: { a: 'b' },
    })
    await tsbuild('manifest remove all:1 part:s390x')
    expect((await document('all:1')).manifests).toHaveLength(1)
    expect((await run('manifest add all:1 nope')).stderr).toContain('find image nope')
    expect((await run('manifest remove all:1 part:s390x')).stderr).toContain('it is not there')
    expect((await run('manifest create all:1')).stderr).toContain('there is one of that name')
    expect((await run('manifest exists all:1')).code).toBe(0)
    await tsbuild('manifest rm all:1')
    expect((await run('manifest exists all:1')).code).toBe(1)
    expect(await tsbuild('images --format {{.Repository}}')).toBe('part\npart\n')
  })
})

describe('layers of a build', () => {
  const build = async (...options: readonly string[]): Promise<void> => {
    writeFileSync(join(directory, 'context/file'), 'x')
    utimesSync(join(directory, 'context/file'), 2_000_000_000, 2_000_000_000)
    withDockerfile('FROM base\nCOPY file /one\nENV A=1\nCOPY file /two\n')
    await tsbuild(['build', '-q', '-t', 'app', ...options, 'context'])
  }
  beforeEach(async () => {
    withDockerfile('FROM scratch\nCOPY Dockerfile /base\n')
    await tsbuild('build -q -t base context')
  })

  it('become one with --squash, above those of the base', async () => {
    await build('--squash')
    const [base, app] = JSON.parse(await tsbuild('inspect base app')) as { RootFS: { Layers: string[] } }[]
    expect(app?.RootFS.Layers).toHaveLength(2)
    expect(app?.RootFS.Layers[0]).toBe(base?.RootFS.Layers[0])
    expect(await tsbuild('diff --ignore-times base app')).toMatch(/^A \/one\nA \/two\nconfig /)
    expect(await tsbuild('history --format {{.Size}} app')).toMatch(/^[1-9].*\n0B\n0B\n0B\n[1-9]/)
  })

  it('have the time of SOURCE_DATE_EPOCH with rewrite-timestamp, if they are newer', async () => {
    const env = { TSBUILD_PULL: 'never', SOURCE_DATE_EPOCH: '1000000000' }
    await build()
    await tsbuild(['build', '-q', '-o', 'type=image,rewrite-timestamp=true', '-t', 'app:2', 'context'], {
      env,
    })
    expect(await tsbuild('diff app app:2')).toMatch(/^C \/one \(mtime\)\nC \/two \(mtime\)\nconfig created/)
    await tsbuild(['build', '-q', '--rewrite-timestamp', '-o', 'out', 'context'], { env })
    expect(statSync(join(directory, 'out/one')).mtimeMs).toBe(1_000_000_000_000)
    // What the base has stays as it is.
    expect(statSync(join(directory, 'out/base')).mtimeMs).toBeGreaterThan(1_000_000_000_000)
  })

  it('are the same twice when there is nothing but files', async () => {
    await build()
    const clock = { now: () => Date.now(), env: { TSBUILD_PULL: 'never', SOURCE_DATE_EPOCH: '1' } }
    const { code, stdout } = await run('repro -q context', clock)
    expect(stdout).toMatch(/^Both builds gave sha256:/)
    expect(code).toBe(0)
    const dated = await run('repro -q --format json context', { ...clock, env: { TSBUILD_PULL: 'never' } })
    expect(dated.code).toBe(1)
    expect(JSON.parse(dated.stdout)).toMatchObject({ equal: false, files: [] })
    const names = await tsbuild('images -a --format {{.Repository}}')
    expect(names.trim().split('\n').sort()).toEqual(['app', 'base'])
  })
})

describe('names', () => {
  it('are taken away without the image', async () => {
    withDockerfile('FROM scratch\nCOPY Dockerfile /\n')
    await tsbuild('build -q -t a -t b -t c context')
    expect(await tsbuild('untag a b')).toBe('Untagged: b:latest\n')
    expect(await tsbuild('image untag a')).toBe('Untagged: a:latest\nUntagged: c:latest\n')
    expect(await tsbuild('image ls --format {{.Repository}}')).toBe('<none>\n')
    expect((await run('untag nope')).stderr).toContain('find image nope')
  })
})
