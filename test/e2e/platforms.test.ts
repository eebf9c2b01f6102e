import { expect, it } from 'vitest'
import { hostPlatform } from '../../src/foundation/oci/index.ts'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'

/** Images for several platforms and twice-built images, through the built programs. */

const host = `linux/${hostPlatform().architecture}`

it('builds for several platforms with steps that run on this machine, and runs the one that is for it', async () => {
  using context = makeDirectory({
    Dockerfile: `FROM --platform=$BUILDPLATFORM busybox AS build
RUN echo made once >/once
ARG TARGETARCH
RUN echo "for $TARGETARCH" >/out
FROM scratch
COPY --from=busybox / /
COPY --from=build /once /out /
CMD ["cat", "/out"]
`,
  })
  const args = ['--platform', `${host},linux/s390x`, '--progress', 'plain', '-t', 'several', '.']
  const { stderr } = expectCode(await tsbuild(args, { cwd: context.path }))
  expect(stderr.match(/RUN echo made once/g)).toHaveLength(1)
  expect(stderr.match(/RUN echo "for /g)).toHaveLength(2)
  expect(expectCode(await tsrun(['--rm', 'several'])).stdout).toBe(`for ${hostPlatform().architecture}\n`)
  const foreign = ['--rm', '--platform', 'linux/s390x', 'several', 'cat', '/out']
  // Its programs are this machine's.
  expect(expectCode(await tsrun(foreign)).stdout).toBe('for s390x\n')
  expect((await tsrun(['--rm', '--platform', 'linux/riscv64', 'several'])).code).toBe(125)
  const removed = expectCode(await tsbuild(['rmi', 'several'])).stdout
  expect(removed.match(/^Deleted/gm)).toHaveLength(3)
})

it('explains what two builds of the same sources do not have in common', async () => {
  using context = makeDirectory({
    Dockerfile: `FROM busybox
RUN echo same >/same
RUN date +%s >/date; hostname >/host; head -c 30 /dev/urandom | od -x >/random; touch /touched
RUN --mount=type=cache,target=/c echo x >>/c/n; cat /c/n >/cached
`,
  })
  const { code, stdout } = await tsbuild(['repro', '--format', 'json', '-q', '.'], { cwd: context.path })
  expect(code).toBe(1)
  const { files, step } = JSON.parse(stdout) as {
    readonly step: string
    readonly files: readonly { readonly path: string; readonly cause: string }[]
  }
  expect(step).toContain('echo same')
  // The cache was empty both times: the file that shows it has the same content.
  expect(Object.fromEntries(files.map(({ path, cause }) => [path, cause]))).toEqual({
    '/cached': 'mtime',
    '/date': 'date',
    '/host': 'host',
    '/random': 'random',
    '/same': 'mtime',
    '/touched': 'mtime',
  })
})
