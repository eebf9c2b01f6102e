import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FileAction } from '../../../../src/build/graph/index.ts'
import { copyOf, createFileOpRig, type FileOpRig } from '../../../support/file-op-rig.ts'
import { dockerBuildTar, peerDocker } from '../../../support/peer-docker.ts'

/** Both start from the same base; both results are laid over it and listed. */
const add = (source: string | readonly string[], destination: string, options = {}) =>
  copyOf(source, destination, { unpack: true, ...options })
const cases: readonly (readonly [instruction: string, action: FileAction])[] = [
  ['COPY d /new', copyOf('d', '/new')],
  ['COPY d /there', copyOf('d', '/there')],
  ['COPY d/a /there', copyOf('d/a', '/there')],
  ['COPY d/a /there/', copyOf('d/a', '/there/')],
  ['COPY d/a /p/q/r', copyOf('d/a', '/p/q/r')],
  ['COPY d/a d/sub /p/', copyOf(['d/a', 'd/sub'], '/p/')],
  ['COPY filelink dirlink /p/', copyOf(['filelink', 'dirlink'], '/p/')],
  ['COPY *link /p/', copyOf('*link', '/p/')],
  ['COPY */a /p/', copyOf('*/a', '/p/')],
  ['COPY none* /p/', copyOf('none*', '/p/')],
  ['COPY d/a /lnk/x', copyOf('d/a', '/lnk/x')],
  ['COPY d /lnk', copyOf('d', '/lnk')],
  ['COPY d/a /climb/x', copyOf('d/a', '/climb/x')],
  ['COPY d/a /tofile', copyOf('d/a', '/tofile')],
  ['COPY d/a /dangling', copyOf('d/a', '/dangling')],
  ['COPY . /', copyOf('.', '/')],
  ['COPY --chown=5:6 d /p/q', copyOf('d', '/p/q', { chown: '5:6' })],
  ['COPY --chmod=640 d /p/q', copyOf('d', '/p/q', { chmod: '640' })],
  ['COPY --chmod=4755 --chown=7 d/a /p/', copyOf('d/a', '/p/', { chmod: '4755', chown: '7' })],
  ['COPY --chmod=u=rwX,go=rX d /p/q', copyOf('d', '/p/q', { chmod: 'u=rwX,go=rX' })],
  ['COPY --chmod=+w d/a d/sub/b /p/', copyOf(['d/a', 'd/sub/b'], '/p/', { chmod: '+w' })],
  ['COPY --chmod=g=u,o= d /p/', copyOf('d', '/p/', { chmod: 'g=u,o=' })],
  ['WORKDIR /w/v', { kind: 'mkdir', path: '/w/v', mode: 0o755 }],
  ['WORKDIR /lnk/v', { kind: 'mkdir', path: '/lnk/v', mode: 0o755 }],
  ['COPY <<x /p/x\ntext\nx', { kind: 'write', path: '/p/x', text: 'text\n' }],
  ['ADD a.tar /', add('a.tar', '/')],
  ['ADD a.tgz /p', add('a.tgz', '/p')],
  ['ADD a.tgz /there', add('a.tgz', '/there')],
  ['ADD --chown=5:6 a.tgz /p/', add('a.tgz', '/p/', { chown: '5:6' })],
  ['ADD text.gz d/a /p/', add(['text.gz', 'd/a'], '/p/')],
  ['ADD a.tar /lnk', add('a.tar', '/lnk')],
]

describe.skipIf(peerDocker === undefined)('file ops give what docker gives', () => {
  let rig: FileOpRig
  beforeAll(() => {
    rig = createFileOpRig()
    execFileSync('sh', ['-ec', setUp], { cwd: rig.root })
    execFileSync('sh', ['-ec', 'cp -a base context/.base'], { cwd: rig.root })
  })
  afterAll(() => rig.remove())

  cases.forEach(([instruction, action], index) => {
    it(instruction, async () => {
      const file = join(rig.root, 'Dockerfile')
      writeFileSync(file, `FROM scratch\nCOPY .base /\n${instruction}\n`)
      const theirs = listing(rig.root, `theirs-${index}`, [dockerBuildTar(rig.context, file)])
      const base = await rig.run([copyOf('.base', '/')])
      const ours = listing(rig.root, `ours-${index}`, [base.tar, (await rig.run([action])).tar])
      expect(ours).toEqual(theirs)
    })
  })
})

const setUp = `
mkdir -p context/d/sub context/other base/there base/real base/etc
echo a >context/d/a; echo b >context/d/sub/b; echo o >context/other/a; echo text >text; gzip -c text >context/text.gz
chmod 4755 context/d/sub/b; chmod 2775 context/d/sub; chmod 600 context/other/a
ln context/d/a context/d/hard; ln -s a context/d/inner; ln -s /etc/passwd context/d/absolute
ln -s d context/dirlink; ln -s d/a context/filelink; mkfifo context/d/fifo
touch -h -d '2001-02-03 04:05:06' context/d/* context/d/sub/* context/d
mkdir -p t/dd/e; echo 1 >t/dd/e/f; chown 77:88 t/dd/e/f; chmod 4711 t/dd/e/f; ln t/dd/e/f t/hard; ln -s /etc t/abs
tar -C t -cf context/a.tar dd hard abs; tar -C t -czf context/a.tgz dd hard abs
echo x >base/there/x; chmod 700 base/there; echo f >base/real/file
ln -s /real base/lnk; ln -s ../../../real base/climb; ln -s /real/file base/tofile; ln -s /nowhere/x base/dangling
`

/** Type, mode, owner, links, content of everything; times of files that have a source. */
const listing = (root: string, name: string, tars: readonly Buffer[]): readonly string[] => {
  const directory = join(root, name)
  mkdirSync(directory)
  for (const input of tars)
    execFileSync('tar', ['-xp', '--numeric-owner', '-f', '-', '-C', directory], { input })
  const find = ['-mindepth', '1', '-not', '-path', './.base*', '-printf', '%P %y %m %U:%G %n %l\\n']
  const files = execFileSync('find', ['.', ...find], { cwd: directory })
    .toString()
    .split('\n')
    .sort()
  const sums = "find . -type f -not -path './.base*' | LC_ALL=C sort | xargs -r sha256sum"
  return [...files, ...execFileSync('sh', ['-c', sums], { cwd: directory }).toString().split('\n')]
}
