import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDirectoryContext, readIgnoreFile, walkTree } from '../../../../src/build/context/index.ts'
import { ignoreCases } from '../../../support/ignore-cases.ts'
import { dockerBuildTar, peerDocker } from '../../../support/peer-docker.ts'

/** For every case of the table: our view of the context is the tree that docker copies. */
describe.skipIf(peerDocker === undefined)('the context that docker sees', () => {
  let root = ''
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'tsbuild-ignore-'))
    writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\nCOPY . /\n')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  ignoreCases.forEach(({ rule, text, ignored, kept }, index) => {
    it(rule, () => {
      const directory = join(root, `c${index}`)
      makeFiles(directory, [...ignored, ...kept, 'always/there'])
      writeFileSync(join(directory, '.dockerignore'), text)
      const ignore = readIgnoreFile({ directory })
      const context = openDirectoryContext({ directory, ...(ignore && { ignore }) })
      const ours = [...walkTree(context, '')].map(
        (entry) => entry.path + (entry.type === 'directory' ? '/' : ''),
      )
      expect(ours.slice(1).sort()).toEqual(
        [...listTar(dockerBuildTar(directory, join(root, 'Dockerfile')))].sort(),
      )
    })
  })
})

const makeFiles = (directory: string, paths: readonly string[]): void => {
  mkdirSync(directory)
  for (const path of paths) {
    if (paths.some((other) => other.startsWith(`${path}/`))) continue
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    writeFileSync(join(directory, path), path)
  }
}

const listTar = (tar: Buffer): readonly string[] =>
  execFileSync('tar', ['-t', '--quoting-style=literal', '-f', '-'], { input: tar, maxBuffer: 1 << 28 })
    .toString()
    .split('\n')
    .filter((line) => line !== '')
