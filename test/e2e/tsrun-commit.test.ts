import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshName, watchLeftovers } from '../support/e2e/containers.ts'
import { tsbuild, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

test('what a container has changed can be shown, exported and committed', async () => {
  const [box, image] = [freshName(), freshName()]
  const dir = mkdtempSync(join(tmpdir(), 'tsrun-commit-'))
  const script = 'echo a >/new; echo b >>/etc/passwd; rm -r /home; mkdir -p /var/d; touch /vol/v'
  await tsrun(['--name', box, '--network', 'none', '-e', 'X=1', '-v', '/vol', 'busybox', 'sh', '-c', script])
  expect(await tsrun(['diff', box])).toMatchObject({
    code: 0,
    stdout: 'C /etc\nC /etc/passwd\nD /home\nA /new\nC /var\nA /var/d\n',
  })
  const tar = join(dir, 'root.tar')
  expect(await tsrun(['export', '-o', tar, box])).toMatchObject({ code: 0 })
  const names = execFileSync('tar', ['tf', tar], { encoding: 'utf8' }).split('\n')
  expect(names).toContain('new')
  expect(names).not.toContain('home/')
  expect(names).not.toContain('vol/v')
  const commit = ['commit', '-a', 'me', '-m', 'why', '-c', 'CMD ["cat", "/new"]', '-c', 'ENV Y=2', box, image]
  expect(await tsrun(commit)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/),
  })
  expect(await tsrun(['--rm', '--network', 'none', image])).toMatchObject({ code: 0, stdout: 'a\n' })
  const shown = await tsbuild(['inspect', '-f', '{{.Author}} {{.Comment}} {{json .Config.Env}}', image])
  expect(shown.stdout).toMatch(/^me why .*"X=1".*"Y=2"/)
  expect(await tsrun(['commit', '-c', 'RUN true', box])).toMatchObject({ code: 1 })
  expect(await tsrun(['diff', freshName()])).toMatchObject({ code: 1 })
  await tsrun(['rm', '-fv', box])
  rmSync(dir, { recursive: true, force: true })
})

test('a container that runs goes on as before when it was looked at, committed and exported, and the trash was emptied', async () => {
  const [box, image] = [freshName(), freshName()]
  const dir = mkdtempSync(join(tmpdir(), 'tsrun-commit-'))
  await tsrun(['-d', '--name', box, '--network', 'none', 'busybox', 'sleep', '600'])
  expect(await tsrun(['diff', box])).toMatchObject({ code: 0, stdout: '' })
  expect(await tsrun(['commit', box, image])).toMatchObject({ code: 0 })
  expect(await tsrun(['export', '-o', join(dir, 'root.tar'), box])).toMatchObject({ code: 0 })
  expect(await tsbuild(['prune', '-f'])).toMatchObject({ code: 0 })
  // Changing what lies in a lower layer needs the overlay's own work directory.
  expect(await tsrun(['exec', box, 'sh', '-c', 'echo x >>/etc/passwd; rm -r /home'])).toMatchObject({
    code: 0,
    stderr: '',
  })
  await tsrun(['rm', '-f', box])
  await tsbuild(['rmi', image])
  rmSync(dir, { recursive: true, force: true })
})
