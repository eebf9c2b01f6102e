import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadImages, saveImages } from '../../../../src/engine/images-transfer.ts'
import { formatPlatform, hostPlatform, parseReference } from '../../../../src/foundation/oci/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { indexOf } from '../../../support/index-image.ts'

/** The script that runs other builders in a directory. It is no part of CI: without it nothing here runs. */
const peers = process.env['TSBUILD_PEERS']
const host = formatPlatform(hostPlatform())
const name = `tsbuild-peers-${process.pid}:1`

const run = (directory: string, ...words: readonly string[]): string =>
  execFileSync(peers ?? '', ['run', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

describe.skipIf(peers === undefined)('other programs (TSBUILD_PEERS)', () => {
  it('load what is saved here', async () => {
    using store = scratchStore()
    store.images.tag(parseReference(name), await richImage(store))
    for (const format of ['docker-archive', 'oci-archive'] as const)
      await saveImages(store, [name], { kind: 'path', path: join(store.directory, format) }, { format })
    expect(run(store.directory, 'docker', 'load', '-i', 'docker-archive')).toContain(name)
    run(store.directory, 'docker', 'rmi', name)
    for (const format of ['docker-archive', 'oci-archive']) {
      expect(run(store.directory, 'podman', 'load', '-q', '-i', format)).toContain(name)
      run(store.directory, 'podman', 'rmi', '-f', name)
      expect(run(store.directory, 'skopeo', 'inspect', `${format}:${format}`)).toContain('"Layers"')
    }
  })

  it('load the platform that is theirs of what is saved for several', async () => {
    using store = scratchStore()
    const index = await indexOf(store, ['linux/s390x', host])
    store.images.tag(parseReference(name), index)
    const id = store.images.resolve(name)?.id ?? ''
    for (const format of ['docker-archive', 'oci-archive'] as const)
      await saveImages(store, [name], { kind: 'path', path: join(store.directory, format) }, { format })
    run(store.directory, 'docker', 'load', '-i', 'docker-archive')
    expect(run(store.directory, 'docker', 'images', '-q', '--no-trunc', name).trim()).toBe(id)
    run(store.directory, 'docker', 'rmi', name)
    run(store.directory, 'podman', 'load', '-q', '-i', 'oci-archive')
    expect(run(store.directory, 'podman', 'images', '-q', '--no-trunc', name).trim()).toBe(id)
    run(store.directory, 'podman', 'rmi', '-f', name)
    run(
      store.directory,
      'skopeo',
      'copy',
      '-q',
      '--all',
      '--preserve-digests',
      'oci-archive:oci-archive',
      'oci-archive:copied',
    )
    using other = scratchStore()
    const [loaded] = await loadImages(other, { kind: 'file', path: join(store.directory, 'copied') })
    expect(loaded?.index?.images.map(({ image }) => image.id)).toEqual(
      index.images.map(({ image }) => image.id),
    )
    expect(loaded?.index?.descriptor.digest).toBe(index.descriptor.digest)
  })

  it.each([
    [
      'docker',
      ['docker', 'build', '-q', '-t', name, '.'],
      ['docker', 'save', '-o', 'a.tar', name],
      ['docker', 'rmi', name],
    ],
    [
      'podman',
      ['podman', 'build', '-q', '-t', name, '.'],
      ['podman', 'save', '-q', '-o', 'a.tar', name],
      ['podman', 'rmi', name],
    ],
    [
      'podman, OCI',
      ['podman', 'build', '-q', '-t', name, '.'],
      ['podman', 'save', '-q', '--format', 'oci-archive', '-o', 'a.tar', name],
      ['podman', 'rmi', name],
    ],
    [
      'buildah',
      ['buildah', 'build', '-q', '-t', name, '.'],
      ['buildah', 'push', '-q', name, `docker-archive:a.tar:docker.io/library/${name}`],
      ['buildah', 'rmi', name],
    ],
    [
      'buildah, OCI',
      ['buildah', 'build', '-q', '-t', name, '.'],
      ['buildah', 'push', '-q', name, 'oci-archive:a.tar'],
      ['buildah', 'rmi', name],
    ],
  ])('write archives that are read here: %s', async (_, build, save, remove) => {
    using store = scratchStore()
    const context = join(store.directory, 'context')
    mkdirSync(context)
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\nENV A=b\nCMD ["/x"]\n')
    run(context, ...build)
    try {
      run(context, ...save)
    } finally {
      run(context, ...remove)
    }
    const loaded = await loadImages(store, { kind: 'file', path: join(context, 'a.tar') })
    expect(loaded).toHaveLength(1)
    expect(loaded[0]?.image.config.config).toMatchObject({ Cmd: ['/x'] })
    expect(store.snapshots.union(loaded[0]?.image.stack ?? []).lookup('Dockerfile')?.type).toBe('file')
  })
})
