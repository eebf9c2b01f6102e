import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { saveImages } from '../../../../src/engine/images-transfer.ts'
import { scanTree } from '../../../../src/foundation/native/index.ts'
import { parseReference } from '../../../../src/foundation/oci/index.ts'
import { exportLocal } from '../../../../src/store/archive/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'

/** Runs only where the program is installed; the title says why it did not. */
const withClient = (name: string) => {
  const found = spawnSync(name, ['--version']).status === 0
  return { it: it.skipIf(!found), note: found ? '' : ` (skipped: ${name} is not installed)` }
}

const skopeo = withClient('skopeo')
const umoci = withClient('umoci')

describe('other programs', () => {
  skopeo.it(`skopeo reads every form and sees the same image${skopeo.note}`, async () => {
    using store = scratchStore()
    const image = await richImage(store)
    store.images.tag(parseReference('web:v1'), image)
    const forms = [
      ['docker-archive', 'docker-archive:'],
      ['oci-archive', 'oci-archive:'],
      ['oci-dir', 'oci:'],
    ] as const
    for (const [format, transport] of forms) {
      const path = join(store.directory, format)
      await saveImages(store, ['web:v1'], { kind: 'path', path }, { format })
      const reference = format === 'docker-archive' ? `${transport}${path}` : `${transport}${path}:v1`
      const config: unknown = JSON.parse(
        execFileSync('skopeo', ['inspect', '--config', reference], { encoding: 'utf8' }),
      )
      expect(config).toMatchObject({ config: image.config.config, rootfs: image.config.rootfs })
      execFileSync('skopeo', ['copy', '-q', reference, `dir:${path}.copy`])
    }
  })

  umoci.it(`umoci unpacks the files that we see${umoci.note}`, async () => {
    using store = scratchStore()
    const image = await richImage(store)
    store.images.tag(parseReference('web:v1'), image)
    const path = join(store.directory, 'layout')
    await saveImages(store, ['web:v1'], { kind: 'path', path }, { format: 'oci-dir' })
    const bundle = join(store.directory, 'bundle')
    execFileSync('umoci', ['unpack', '--image', `${path}:v1`, bundle])
    exportLocal(store, image.stack, join(store.directory, 'ours'))
    expect(facts(join(store.directory, 'ours'))).toEqual(facts(join(bundle, 'rootfs')))
  })
})

/** All that a scan finds but inode numbers, which differ. */
const facts = (root: string): readonly unknown[] =>
  [...scanTree(root)].map(
    ({ path, type, mode, uid, gid, size, mtime, linkName, major, minor, xattrs, inode }) => ({
      path,
      type,
      mode,
      uid,
      gid,
      size: type === 'file' ? size : 0,
      mtime,
      linkName,
      major,
      minor,
      xattrs: [...(xattrs ?? [])],
      linked: inode !== undefined,
    }),
  )
