import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContentStore } from '../../../../src/store/content/index.ts'
import { contentStoreSuite } from '../../../suites/content-store.ts'

contentStoreSuite('files', () => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-content-'))
  return {
    root,
    store: createContentStore(root),
    dispose: () => rmSync(root, { recursive: true, force: true }),
  }
})
