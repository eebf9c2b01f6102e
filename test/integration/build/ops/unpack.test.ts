import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileTree } from '../../../../src/foundation/filetree/index.ts'
import { decompressedIndexOf } from '../../../../src/store/layer/index.ts'
import { copyOf, createFileOpRig, type FileOpRig } from '../../../support/file-op-rig.ts'

let rig: FileOpRig
beforeEach(() => {
  rig = createFileOpRig()
})
afterEach(() => rig.remove())

const put = (where: string, path: string, text = path): void => {
  mkdirSync(dirname(join(where, path)), { recursive: true })
  writeFileSync(join(where, path), text)
}
const add = (source: string, destination: string, options = {}) =>
  copyOf(source, destination, { unpack: true, ...options })

type Member = {
  name: string
  type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo'
  linkname?: string
  body?: string
}

const archive = async (name: string, members: readonly Member[]): Promise<void> => {
  const packed = pack()
  for (const { body = '', ...header } of members) {
    packed.entry({ mode: 0o644, ...header }, body)
  }
  packed.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of packed) if (chunk instanceof Uint8Array) chunks.push(chunk)
  writeFileSync(join(rig.context, name), Buffer.concat(chunks))
}

describe('ADD of a local archive', () => {
  beforeEach(() => {
    const tree = join(rig.root, 'tree')
    put(tree, 'd/f', 'content of f')
    chownSync(join(tree, 'd/f'), 77, 88)
    chmodSync(join(tree, 'd/f'), 0o4751)
    linkSync(join(tree, 'd/f'), join(tree, 'hard'))
    symlinkSync('/etc', join(tree, 'l'))
    utimesSync(join(tree, 'd/f'), 5, 5)
    execFileSync('tar', ['-C', tree, '-cf', join(rig.context, 'plain.tar'), 'd', 'hard', 'l'])
    execFileSync('tar', ['-C', tree, '-czf', join(rig.context, 'named-anything'), 'd', 'hard', 'l'])
  })

  it.each(['plain.tar', 'named-anything'])('%s is unpacked with owners, modes and links', async (name) => {
    const { paths, entry, tar } = await rig.run([add(name, '/x/y')])
    expect(paths).toEqual(['x/', 'x/y/', 'x/y/d/', 'x/y/d/f', 'x/y/hard = x/y/d/f', 'x/y/l -> /etc'])
    expect(entry('x/y/d/f')).toMatchObject({ mode: 0o4751, uid: 77, gid: 88, mtime: 5 })
    expect(execFileSync('tar', ['-xOf', '-', 'x/y/d/f'], { input: tar }).toString()).toBe('content of f')
    expect(readdirSync(rig.root).filter((file) => file.startsWith('archive-'))).toEqual([])
  })

  it('--chown reaches everything, --chmod nothing (as docker)', async () => {
    const { entry } = await rig.run([add('plain.tar', '/x', { chown: '5:6', chmod: '700' })])
    expect(entry('x')).toMatchObject({ uid: 5, gid: 6, mode: 0o755 })
    expect(entry('x/d/f')).toMatchObject({ uid: 5, gid: 6, mode: 0o4751 })
  })

  it('COPY does not unpack', async () => {
    expect((await rig.run([copyOf('plain.tar', '/')])).paths).toEqual(['plain.tar'])
  })

  it('what is no archive is copied, whatever its name', async () => {
    put(rig.context, 'text.tar', 'no tar')
    put(rig.context, 'zeros.tar', '\u0000'.repeat(1024))
    writeFileSync(join(rig.context, 'text.gz'), gzipSync('plain text, compressed'))
    const sources = ['text.tar', 'zeros.tar', 'text.gz']
    expect((await rig.run([copyOf(sources, '/x/', { unpack: true })])).paths).toEqual([
      'x/',
      'x/text.gz',
      'x/text.tar',
      'x/zeros.tar',
    ])
  })

  it.each(['gzip', 'bzip2', 'xz', 'zstd'])('an archive in %s is unpacked', async (program) => {
    const path = join(rig.context, 'plain.tar')
    const compressed = execFileSync(program, ['-c', path])
    writeFileSync(join(rig.context, 'one'), compressed)
    // The end mark counts, not what follows; and two streams are one archive.
    writeFileSync(join(rig.context, 'junk'), Buffer.concat([compressed, Buffer.alloc(100)]))
    const { paths } = await rig.run([add('plain.tar', '/x')])
    expect((await rig.run([add('one', '/x')])).paths).toEqual(paths)
    expect((await rig.run([add('junk', '/x')])).paths).toEqual(paths)
    writeFileSync(join(rig.context, 'text'), execFileSync(program, ['-c'], { input: 'text' }))
    expect((await rig.run([add('text', '/x')])).paths).toEqual(['x'])
  })

  it('an archive out of a layer of another stage is unpacked', async () => {
    const layer = join(rig.root, 'layer.tar')
    writeFileSync(layer, execFileSync('tar', ['-C', rig.context, '-cf', '-', 'plain.tar', 'named-anything']))
    const files = new Map(
      decompressedIndexOf(layer).flatMap((one) => (one.kind === 'add' ? [[one.path, one] as const] : [])),
    )
    const tree: FileTree = {
      lookup: (path) => files.get(path.replace(/^\//, '')),
      children: () => [],
      contentDigest: () => '',
      content: (entry) => {
        const { offset = 0 } = files.get(entry.path) ?? {}
        return { kind: 'range', path: layer, offset, size: entry.size }
      },
    }
    for (const name of ['plain.tar', 'named-anything']) {
      const action = add(`/${name}`, '/x', { from: { kind: 'input', input: 0 } })
      const { tar, paths } = await rig.run([action], { inputs: [tree] })
      expect(paths).toEqual((await rig.run([add(name, '/x')])).paths)
      expect(tar.includes('content of f')).toBe(true)
    }
  })

  it('an archive without its end is unpacked; one that is cut in a file is an error', async () => {
    const whole = readFileSync(join(rig.context, 'plain.tar'))
    writeFileSync(join(rig.context, 'short'), whole.subarray(0, 512 * 5))
    expect((await rig.run([add('short', '/x')])).paths).toContain('x/hard = x/d/f')
    writeFileSync(join(rig.context, 'cut'), whole.subarray(0, 512 * 2 + 3))
    await expect(rig.run([add('cut', '/x')])).rejects.toMatchObject({ code: 'bad-archive' })
  })

  it('says what it cannot decompress instead of copying it', async () => {
    const path = join(rig.context, 'plain.tar')
    writeFileSync(join(rig.context, 'sha'), execFileSync('xz', ['-c', '--check=sha256', path]))
    await expect(rig.run([add('sha', '/x')])).rejects.toMatchObject({ code: 'unsupported-archive' })
  })

  it('a damaged archive is an error', async () => {
    const whole = execFileSync('cat', [join(rig.context, 'plain.tar')])
    writeFileSync(join(rig.context, 'torn.tar'), whole.subarray(0, 700))
    await expect(rig.run([add('torn.tar', '/')])).rejects.toMatchObject({ code: 'bad-archive' })
  })
})

describe('attacks by archives', () => {
  it('an absolute link as destination stays in the image (SECURITY 45)', async () => {
    mkdirSync(join(rig.base, 'real'))
    symlinkSync('/real', join(rig.base, 'link'))
    await archive('a.tar', [{ name: 'f', body: 'x' }])
    expect((await rig.run([add('a.tar', '/link')])).paths).toEqual(['real/', 'real/f'])
  })

  it('a link in the archive and a file through it stay below the destination, as in docker (SECURITY 3)', async () => {
    await archive('a.tar', [
      { name: 'l', type: 'symlink', linkname: '/etc' },
      { name: 'l/passwd', body: 'x' },
      { name: 'up', type: 'symlink', linkname: '../../../../tmp' },
      { name: 'up/f', body: 'x' },
    ])
    expect((await rig.run([add('a.tar', '/x')])).paths).toEqual([
      'x/',
      'x/etc/',
      'x/etc/passwd',
      'x/l -> /etc',
      'x/tmp/',
      'x/tmp/f',
      'x/up -> ../../../../tmp',
    ])
  })

  it('a name that climbs does not leave the image (SECURITY 1, 2)', async () => {
    await archive('a.tar', [
      { name: 'ok', body: 'x' },
      { name: '../../../f', body: 'x' },
    ])
    const outcome = await rig.run([add('a.tar', '/x')]).then(
      (result) => result.paths,
      (error: unknown) => error,
    )
    if (Array.isArray(outcome)) for (const path of outcome) expect(path).toMatch(/^x\//)
    else expect(outcome).toMatchObject({ code: 'bad-archive' })
  })

  it('a hard link to something outside is refused (SECURITY 4)', async () => {
    for (const linkname of ['../../../etc/passwd', '/etc/passwd', 'none']) {
      await archive('a.tar', [
        { name: 'd', type: 'directory' },
        { name: 'h', type: 'link', linkname },
      ])
      await expect(rig.run([add('a.tar', '/x')])).rejects.toMatchObject({ code: 'bad-archive' })
    }
  })

  it('names that mean deletion are refused (SECURITY 5 to 7)', async () => {
    for (const name of ['.wh.x', 'd/.wh..wh..opq']) {
      await archive('a.tar', [
        { name: 'a', body: 'x' },
        { name, body: '' },
      ])
      await expect(rig.run([add('a.tar', '/')])).rejects.toMatchObject({ code: 'bad-archive' })
    }
  })

  it('a directory replaces a link and a file replaces a directory; what was below is gone', async () => {
    put(rig.base, 'usr/lib/x')
    symlinkSync('usr/lib', join(rig.base, 'lib'))
    put(rig.base, 'd/old/deep')
    await archive('a.tar', [
      { name: 'lib', type: 'directory' },
      { name: 'lib/new', body: 'x' },
      { name: 'd', body: 'a file now' },
    ])
    expect((await rig.run([add('a.tar', '/')])).paths).toEqual(['d', 'lib/', 'lib/new'])
    await archive('b.tar', [
      { name: 'd', body: 'a file' },
      { name: 'd', type: 'directory' },
      { name: 'd/new', body: 'x' },
    ])
    const { paths, entry } = await rig.run([add('b.tar', '/')])
    expect(paths).toEqual(['d/', 'd/new'])
    expect(entry('d')?.opaque).toBe(true)
  })
})

it('a FIFO in the context neither hangs nor is read', async () => {
  execFileSync('mkfifo', [join(rig.context, 'pipe')])
  expect((await rig.run([copyOf('.', '/x')])).entry('x/pipe')?.type).toBe('fifo')
  expect((await rig.run([add('pipe', '/x')])).entry('x')?.type).toBe('fifo')
})
