import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'

/** A base with something to change, then one RUN per way of changing it. */
const dockerfile = `FROM busybox
RUN mkdir -p /d/sub /opaque/old /moved/deep /kind && echo 1 > /d/file && echo 2 > /d/sub/file && echo 3 > /opaque/old/file \
 && echo 4 > /moved/deep/file && echo 5 > /kind/file && mkdir /kind/dir && echo 6 > /kind/dir/inner && ln -s file /d/link && ln /d/file /d/hard
RUN rm /d/file
RUN rm -r /d/sub
RUN rm -r /kind/dir && echo now a file > /kind/dir
RUN rm /kind/file && mkdir /kind/file && echo inside > /kind/file/new
RUN rm /kind/dir && mkdir /kind/dir && echo back > /kind/dir/again
RUN rm -r /opaque && mkdir /opaque && echo fresh > /opaque/new
RUN mv /moved /renamed
RUN echo again > /d/file
`

/** Every path with type, mode, owner, size, link target, and the digest of its content; but not times. */
const listing = `cd / && find d opaque renamed kind moved 2>/dev/null | sort | while read -r p; do
  printf '%s %s ' "$p" "$(stat -c '%F %a %u:%g %h' "$p")"
  if [ -L "$p" ]; then readlink "$p"; elif [ -f "$p" ]; then sha256sum < "$p"; else echo; fi
done`

const list = async (image: string, root?: string): Promise<string> =>
  expectCode(
    await tsrun(['--rm', '--network=none', image, 'sh', '-c', listing], root === undefined ? {} : { root }),
  ).stdout

it('every way of removing and replacing survives save and load, in both archive forms', async () => {
  using directory = makeDirectory({ Dockerfile: dockerfile })
  const elsewhere = mkdtempSync(join(tmpdir(), 'tsbuild-elsewhere-'))
  try {
    expectCode(await tsbuild(['-t', 'whiteouts', '.'], { cwd: directory.path }))
    const here = await list('whiteouts')
    expect(here).toMatch(/^kind\/dir directory/m)
    expect(here).not.toMatch(/opaque\/old|^moved|d\/sub/m)
    for (const format of ['docker-archive', 'oci-archive']) {
      const archive = join(directory.path, `${format}.tar`)
      expectCode(await tsbuild(['save', '--format', format, '-o', archive, 'whiteouts']))
      const root = join(elsewhere, format)
      expectCode(await tsbuild(['load', '-i', archive], { root }))
      expect(await list('whiteouts', root), format).toBe(here)
    }
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
})
