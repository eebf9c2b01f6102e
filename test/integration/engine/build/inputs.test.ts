import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type BuildInputsRequest,
  type ContextInput,
  openBuildInputs,
  openStore,
  pruneStore,
  type Store,
  saveImages,
} from '../../../../src/engine/index.ts'
import { parseReference } from '../../../../src/foundation/oci/index.ts'
import { createLayerTarWriter } from '../../../../src/store/layer/index.ts'
import { type GitRepositories, makeRepositories, startGitServer } from '../../../support/git-server.ts'
import { startServer, type TestServer } from '../../../support/http-server.ts'
import { zipFile } from '../../../support/zip-file.ts'

const work = mkdtempSync(join(tmpdir(), 'tsbuild-inputs-'))
const root = join(work, 'store')
let store: Store
let server: TestServer
let repositories: GitRepositories
let git: TestServer
const { signal } = new AbortController()

const tarOf = (files: Readonly<Record<string, string>>): Buffer => {
  const chunks: Buffer[] = []
  const writer = createLayerTarWriter((chunk) => void chunks.push(Buffer.from(chunk)))
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text)
    writer.add(
      {
        kind: 'add',
        path,
        type: 'file',
        mode: 0o640,
        uid: 7,
        gid: 8,
        size: bytes.length,
        mtime: 9,
        mtimeNsec: 0,
      },
      { kind: 'bytes', bytes },
    )
  }
  writer.finish()
  return Buffer.concat(chunks)
}

const files = { Dockerfile: 'FROM scratch\nCOPY f /\n', f: 'x', 'sub/Other': 'FROM other\n' }

beforeAll(async () => {
  store = openStore({ root })
  mkdirSync(join(work, 'dir'))
  writeFileSync(join(work, 'dir/Dockerfile'), 'FROM dir\n')
  writeFileSync(join(work, 'ctx.tar.gz'), gzipSync(tarOf(files)))
  writeFileSync(join(work, 'ctx.zip'), zipFile(Object.entries(files).map(([name, data]) => ({ name, data }))))
  writeFileSync(join(work, 'text'), 'FROM stdin\n')
  server = await startServer((request, response) => {
    const name = (request.url ?? '').slice(1)
    if (request.headers['if-none-match'] === `"${name}"`) return response.writeHead(304).end()
    response.setHeader('etag', `"${name}"`)
    return response.end(readFileSync(join(work, name)))
  })
  repositories = makeRepositories()
  repositories.git('r', 'init', '--quiet', '-b', 'trunk')
  repositories.commit('r', files)
  git = await startGitServer(repositories.root)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await git[Symbol.asyncDispose]()
  repositories[Symbol.dispose]()
  rmSync(work, { recursive: true, force: true })
})

const open = async (request: Partial<BuildInputsRequest> & { readonly stdinFile?: string }) => {
  const fd = openSync(request.stdinFile === undefined ? '/dev/null' : join(work, request.stdinFile), 'r')
  try {
    using inputs = await openBuildInputs(
      store,
      {
        context: '.',
        cwd: work,
        stdin: { fd, isTTY: false },
        env: { PATH: process.env['PATH'] },
        ...request,
      },
      { events: () => {}, signal, now: Date.now },
    )
    return { text: inputs.dockerfile.text, context: inputs.context, contexts: inputs.contexts }
  } finally {
    closeSync(fd)
  }
}

const namesIn = (context: ContextInput | undefined): readonly string[] =>
  context?.kind === 'layers'
    ? store.snapshots
        .union(context.stack)
        .children('')
        .map((entry) => entry.path)
    : []

const stackIn = (context: ContextInput | undefined): readonly string[] => {
  if (context?.kind !== 'layers') throw new Error('expected layers')
  return context.stack
}

const leftovers = (): readonly string[] =>
  ['content/ingest', 'active', 'leases'].flatMap((name) => readdirSync(join(root, name)))

describe('the context', () => {
  it.each([
    ['standard input, tar.gz', { context: '-', stdinFile: 'ctx.tar.gz' }],
    ['standard input, zip', { context: '-', stdinFile: 'ctx.zip' }],
    ['a file, tar.gz', { context: 'ctx.tar.gz' }],
    ['a file, zip', { context: 'ctx.zip' }],
  ])('%s', async (_, request) => {
    const found = await open(request)
    expect(found.text).toBe(files.Dockerfile)
    expect(namesIn(found.context)).toEqual(['Dockerfile', 'f', 'sub'])
    expect((await open({ ...request, file: './sub/Other' })).text).toBe(files['sub/Other'])
    await expect(open({ ...request, file: 'nothing' })).rejects.toMatchObject({
      code: 'no-dockerfile',
      exitCode: 65,
    })
    expect(leftovers()).toEqual([])
  })

  it('keeps owners, modes and times of a tar', async () => {
    const { context } = await open({ context: 'ctx.tar.gz' })
    const entry = context.kind === 'layers' ? store.snapshots.union(context.stack).lookup('f') : undefined
    expect(entry).toMatchObject({ uid: 7, gid: 8, mode: 0o640, mtime: 9 })
  })

  it('is taken from the store when the archive is the same', async () => {
    const [one, two] = [await open({ context: 'ctx.zip' }), await open({ context: 'ctx.zip' })]
    expect(stackIn(one.context)).toEqual(stackIn(two.context))
  })

  it('is empty beside a Dockerfile on standard input', async () => {
    const found = await open({ context: '-', stdinFile: 'text' })
    expect(found).toMatchObject({ text: 'FROM stdin\n', context: { kind: 'layers', stack: [] } })
    await expect(open({ context: '-', file: 'x', stdinFile: 'text' })).rejects.toMatchObject({ exitCode: 2 })
    await expect(open({ context: '-', file: '-', stdinFile: 'text' })).rejects.toMatchObject({ exitCode: 2 })
  })

  it('comes from a URL, once', async () => {
    const context = `${server.url}/ctx.tar.gz`
    const first = await open({ context })
    expect(namesIn(first.context)).toEqual(['Dockerfile', 'f', 'sub'])
    expect(stackIn((await open({ context })).context)).toEqual(stackIn(first.context))
    expect(server.requests.at(-1)?.headers['if-none-match']).toBe('"ctx.tar.gz"')
    expect((await open({ context, file: join(work, 'text') })).text).toBe('FROM stdin\n')
  })

  it('may be a Dockerfile at a URL', async () => {
    const found = await open({ context: `${server.url}/text` })
    expect(found.text).toBe('FROM stdin\n')
    expect(namesIn(found.context)).toEqual(['context'])
  })

  it('comes from a repository', async () => {
    const context = `${git.url}/r/.git`
    expect((await open({ context })).text).toBe(files.Dockerfile)
    expect(namesIn((await open({ context: `${context}#trunk:sub`, file: 'Other' })).context)).toEqual([
      'Other',
    ])
    expect(namesIn((await open({ context, keepGitDir: true })).context)).toContain('.git')
    await expect(open({ context: `${context}#--upload-pack=x` })).rejects.toMatchObject({ exitCode: 2 })
    expect(leftovers()).toEqual([])
  })

  it.each(['nothing', 'text', 'bild'])('%s is none', async (context) => {
    await expect(open({ context, commands: ['build'] })).rejects.toMatchObject({
      code: 'no-context',
      exitCode: 2,
    })
  })
})

describe('the Dockerfile', () => {
  it('comes from standard input or a URL beside a directory', async () => {
    const directory = { kind: 'directory', path: join(work, 'dir') }
    expect(await open({ context: 'dir' })).toMatchObject({ text: 'FROM dir\n', context: directory })
    expect(await open({ context: 'dir', file: '-', stdinFile: 'text' })).toMatchObject({
      text: 'FROM stdin\n',
      context: directory,
    })
    expect((await open({ context: 'dir', file: `${server.url}/text` })).text).toBe('FROM stdin\n')
  })
})

describe('named contexts', () => {
  const named = async (value: string) =>
    (await open({ context: 'dir', namedContexts: [{ name: 'n', value }] })).contexts.get('n')

  it('are directories, archives, URLs, repositories and images', async () => {
    expect(await named('dir')).toEqual({ kind: 'directory', path: join(work, 'dir') })
    expect(namesIn(await named('ctx.zip'))).toEqual(['Dockerfile', 'f', 'sub'])
    expect(namesIn(await named(`${server.url}/ctx.tar.gz`))).toEqual(['Dockerfile', 'f', 'sub'])
    expect(namesIn(await named(`${git.url}/r/.git#:sub`))).toEqual(['Other'])
    expect(await named('docker-image://a:b')).toEqual({ kind: 'image', reference: 'a:b' })
  })

  it.each(['nothing', 'text', 'target:x', 'docker-image://A:B:C', 'oci-layout://', 'oci-layout://dir'])(
    'refuses %s',
    async (value) => {
      await expect(named(value)).rejects.toMatchObject({ exitCode: 2 })
      expect(leftovers()).toEqual([])
    },
  )

  it('takes an image of a layout, by tag and by digest, without naming it', async () => {
    const layer = store.snapshots.writeLayer((writer) =>
      writer.add({
        kind: 'add',
        path: 'd',
        type: 'directory',
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: 0,
        mtime: 1,
        mtimeNsec: 0,
      }),
    )
    const config = {
      created: '2020-01-01T00:00:00Z',
      architecture: 'amd64',
      os: 'linux',
      config: {},
      history: [],
    }
    const image = await store.images.create(config, [layer])
    store.images.tag(parseReference('base:v1'), image)
    await saveImages(store, ['base:v1'], { kind: 'path', path: join(work, 'layout') }, { format: 'oci-dir' })
    store.images.untag(parseReference('base:v1'))
    store.images.remove(image)
    const byTag = await named('oci-layout://layout:v1')
    expect(byTag).toEqual({ kind: 'image', reference: image.id })
    expect(await named(`oci-layout://${join(work, 'layout')}@${image.manifest.digest}`)).toEqual(byTag)
    expect(store.images.names()).toEqual([])
    await expect(named('oci-layout://layout:v2')).rejects.toMatchObject({ code: 'image-not-found' })
  })
})

it('is forgotten by a prune of everything', async () => {
  await open({ context: `${git.url}/r/.git` })
  await open({ context: `${server.url}/text` })
  expect(readdirSync(join(root, 'git')).length).toBeGreaterThan(0)
  await pruneStore(store, { all: true })
  expect(readdirSync(join(root, 'git'))).toEqual([])
  expect(readdirSync(join(root, 'trash'))).toEqual([])
  const { context } = await open({ context: `${server.url}/ctx.tar.gz` })
  expect(namesIn(context)).toEqual(['Dockerfile', 'f', 'sub'])
})

it.each([
  [{ context: 'pipe' }, 'use pipe as the build context: it is a named pipe'],
  [{ context: '/dev/zero' }, 'use /dev/zero as the build context: it is a device'],
  [{ context: 'dir', file: 'pipe' }, 'pipe: expected a file, found a named pipe'],
  [{ context: 'dir', file: '/dev/zero' }, 'read /dev/zero: expected a file, found a device'],
  [{ context: 'dir', file: '../dir' }, 'dir: expected a file, found a directory'],
  [{ context: 'dir', namedContexts: [{ name: 'x', value: 'pipe' }] }, 'as the context x: it is a named pipe'],
])('says what lies there instead: %j', async (request, message) => {
  rmSync(join(work, 'pipe'), { force: true })
  execFileSync('mkfifo', [join(work, 'pipe')])
  await expect(open(request)).rejects.toThrow(message)
})
