import { expect, it } from 'vitest'
import { expectCode, makeDirectory, tsbuild } from '../support/e2e/rig.ts'

const build = async (lines: string) => {
  using directory = makeDirectory({ Dockerfile: `FROM busybox\n${lines}\n` })
  return await tsbuild(['--no-cache', '--allow', 'network.host', '.'], { cwd: directory.path })
}

it.each(['default', 'none', 'host'])(
  'a RUN with network %s has hosts and resolv.conf, and cannot change them',
  async (network) => {
    const { stderr } = expectCode(
      await build(`RUN --network=${network} cat /etc/hosts && test -e /etc/resolv.conf \\
      && for file in hosts resolv.conf; do touch /etc/$file || echo "$file is kept"; done`),
    )
    expect(stderr).toMatch(/127\.0\.0\.1\s+localhost/)
    expect(stderr).toContain('hosts is kept')
    expect(stderr).toContain('resolv.conf is kept')
  },
)
