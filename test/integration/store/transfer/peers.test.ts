import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/engine/store.ts'
import { parseCompression } from '../../../../src/store/compression/index.ts'
import { type Image, validateImage } from '../../../../src/store/image/index.ts'
import { entry, directory as folder, scratchStore } from '../../../support/image-store.ts'
import { type DockerRegistry, startDockerRegistry } from '../../../support/registry/docker-registry.ts'
import { pullFrom, pushTo } from '../../../support/transfer-rig.ts'

/** The script that runs other programs in a directory. It is no part of CI: without it nothing here runs. */
const peers = process.env['TSBUILD_PEERS']
const local = `tsbuild-transfer-${process.pid}`

let server: DockerRegistry
let directory: string

const run = (...words: readonly string[]): string =>
  execFileSync(peers ?? '', ['run', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** A shell command in the peers' world, which fails with its first failing part. */
const shell = (script: string): string => run('sh', '-ec', script)

/** An image with busybox and a file of 9 MiB: more than one block of each compression. */
const largeImage = async (store: Store): Promise<{ readonly image: Image; readonly sum: string }> => {
  const big = Buffer.concat(Array.from({ length: 9 }, (_, i) => Buffer.alloc(1 << 20, randomBytes(3000 + i))))
  const busybox = readFileSync('/bin/busybox')
  const layer = store.snapshots.writeLayer((writer) => {
    writer.add(folder(''))
    writer.add(entry('big', { size: big.length }), { kind: 'bytes', bytes: big })
    writer.add(folder('bin'))
    writer.add(entry('bin/busybox', { size: busybox.length, mode: 0o755 }), { kind: 'bytes', bytes: busybox })
    writer.add(entry('bin/sha256sum', { type: 'symlink', linkName: 'busybox', mode: 0o777 }))
  })
  const image = await store.images.create(
    { architecture: 'amd64', os: 'linux', config: { Env: ['PATH=/bin'] } },
    [layer],
    { sync: false },
  )
  return { image, sum: createHash('sha256').update(big).digest('hex') }
}

beforeAll(async () => {
  if (peers === undefined) return
  server = await startDockerRegistry()
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-peers-'))
})
afterAll(async () => {
  if (peers === undefined) return
  await server[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

describe.skipIf(peers === undefined)('images pushed from here (TSBUILD_PEERS)', () => {
  it.each([
    ['gzip', '0'],
    ['gzip', '4'],
    ['gzip', '9'],
    ['zstd', '3'],
    ['zstd', '19'],
    ['none', undefined],
  ])('are read by the others when they are compressed as %s %s', async (kind, level) => {
    using store = scratchStore()
    const { image, sum } = await largeImage(store)
    const repository = `${server.host}/ours-${kind}-${level ?? 'none'}`
    const name = `${repository}:1`
    await pushTo(store, name, image, { compression: parseCompression(kind, level) })

    const oci = `oci-${kind}-${level ?? 'none'}`
    run('skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${name}`, `oci:${oci}:1`)
    if (kind !== 'zstd') {
      // umoci knows no zstd.
      run('umoci', 'unpack', '--image', `${oci}:1`, `bundle-${oci}`)
      expect(shell(`sha256sum < bundle-${oci}/rootfs/big`)).toContain(sum)
    }
    try {
      run('docker', 'pull', '-q', name)
      expect(run('docker', 'run', '--rm', '--network=none', name, 'sha256sum', '/big')).toContain(sum)
      expect(run('docker', 'images', '-q', '--no-trunc', name).trim()).toBe(image.id)
      run('podman', 'pull', '-q', '--tls-verify=false', name)
      expect(
        shell(`cat "$(podman image mount ${name})/big" | sha256sum; podman image unmount ${name}`),
      ).toContain(sum)
    } finally {
      shell(`docker rmi -f ${name}; podman rmi -f ${name}`)
    }
  })
})

describe.skipIf(peers === undefined)('images of others (TSBUILD_PEERS)', () => {
  const dockerfile = 'FROM busybox:1.35\nRUN echo one >/one && ln -s one /two\nENV A=1\nCMD ["cat", "/two"]\n'
  const quiet = '--tls-verify=false'
  it.each([
    ['docker', (name: string) => `docker build -q -t ${name} .; docker push -q ${name}; docker rmi ${name}`],
    [
      'docker-index',
      (name: string) =>
        `c8d='docker -H unix:///run/peers/docker-c8d.sock'; $c8d build -q -t ${name} .; $c8d push -q ${name}; $c8d rmi ${name}`,
    ],
    [
      'podman',
      (name: string) => `podman build -q -t ${name} .; podman push -q ${quiet} ${name}; podman rmi ${name}`,
    ],
    [
      'podman-zstd',
      (name: string) =>
        `podman build -q -t ${name} .; podman push -q ${quiet} --compression-format zstd ${name}; podman rmi ${name}`,
    ],
    [
      'podman-zstd-chunked',
      (name: string) =>
        `podman build -q -t ${name} .; podman push -q ${quiet} --compression-format zstd:chunked ${name}; podman rmi ${name}`,
    ],
    ...['gzip', 'zstd', 'uncompressed'].map((kind): [string, (name: string) => string] => [
      `docker-${kind}`,
      (name) =>
        `docker -H unix:///run/peers/docker-c8d.sock buildx build -q -o type=image,name=${name},push=true,compression=${kind},force-compression=true,oci-mediatypes=true .; docker -H unix:///run/peers/docker-c8d.sock rmi -f ${name} || true`,
    ]),
    ...['1', '9'].map((level): [string, (name: string) => string] => [
      `podman-gzip-${level}`,
      (name) =>
        `podman build -q -t ${name} .; podman push -q ${quiet} --compression-format gzip --compression-level ${level} --force-compression ${name}; podman rmi ${name}`,
    ]),
    [
      'podman-v2s2',
      (name: string) =>
        `podman build -q -t ${name} .; podman push -q ${quiet} --format v2s2 ${name}; podman rmi ${name}`,
    ],
    [
      'buildah-oci',
      (name: string) =>
        `buildah build -q -t ${name} .; buildah push -q ${quiet} --format oci ${name}; buildah rmi ${name}`,
    ],
    [
      'buildah',
      (name: string) =>
        `buildah build -q -t ${name} .; buildah push -q ${quiet} --format v2s2 ${name}; buildah rmi ${name}`,
    ],
    [
      'skopeo',
      (name: string) =>
        `docker build -q -t ${local} .; docker save -o s.tar ${local}; docker rmi ${local}; skopeo copy -q --dest-tls-verify=false docker-archive:s.tar docker://${name}`,
    ],
  ])('by %s are pulled, and pushed again under the same digest', async (program, push) => {
    writeFileSync(join(directory, 'Dockerfile'), dockerfile)
    const repository = `${server.host}/theirs-${program}`
    shell(push(`${repository}:1`))
    const digestOf = (tag: string): string =>
      run('skopeo', 'inspect', quiet, '--format', '{{.Digest}}', `docker://${repository}:${tag}`).trim()

    using store = scratchStore()
    const pulled = await pullFrom(store, `${repository}:1`)
    expect(pulled.descriptor.digest).toBe(digestOf('1'))
    expect(await validateImage(pulled.image, store)).toEqual([])
    expect(pulled.image.config.config?.Cmd).toEqual(['cat', '/two'])
    const env = {
      ...process.env,
      TSBUILD_ROOT: join(store.directory, 'store'),
      TSBUILD_RUN: join(store.directory, 'run'),
    }
    const words = ['--rm', '--network=none', '--pull=never', `${repository}:1`]
    expect(execFileSync(resolve('bin/tsrun'), words, { env, encoding: 'utf8' })).toBe('one\n')

    await pushTo(store, `${repository}:2`, store.images.resolveIndex(`${repository}:1`) ?? pulled.image)
    expect(digestOf('2')).toBe(digestOf('1'))
  })
})
