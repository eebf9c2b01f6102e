import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildAttack, guardedVictim } from '../support/e2e/attack-rig.ts'
import { expectCode, makeDirectory, runCommand, tsbuild, tsrun } from '../support/e2e/rig.ts'

/** Build contexts and Dockerfiles that attack: SECURITY rows 23, 41-47. */

const victim = guardedVictim()

describe('links in the build context (44)', () => {
  const copies = [
    'COPY a /got/',
    'COPY a/ /got/',
    'COPY a/. /got/',
    'COPY a/etc /got/',
    'COPY a/secret /got/',
    'COPY a* /got/',
    'COPY */secret /got/',
    'ADD a /got/',
    'ADD a/secret /got/',
  ]

  it.each(copies)('%s brings nothing of the host', async (copy) => {
    for (const target of [
      victim.path,
      `../../../../../../../..${victim.path}`,
      '/etc',
      '/proc/self/root/etc',
    ]) {
      await using built = await buildAttack(`FROM busybox\n${copy}\n`, { prepare: `ln -s ${target} a` })
      if (built.outcome.code !== 0) continue
      const found = await tsrun(['--rm', built.name, 'sh', '-c', 'find /got -type f -exec cat {} +; true'])
      expect(found.stdout).toBe('')
    }
  })

  it('links below a copied directory stay links', async () => {
    await using built = await buildAttack('FROM busybox\nCOPY . /got/\n', {
      prepare: `mkdir d; ln -s ${victim.path} d/link; ln -s loop d/loop; mkfifo d/fifo`,
    })
    expectCode(built.outcome)
    const script = 'readlink /got/d/link; readlink /got/d/loop'
    const found = expectCode(await tsrun(['--rm', built.name, 'sh', '-c', script]))
    expect(found.stdout).toBe(`${victim.path}\nloop\n`)
  })

  it('links inside the context are followed, absolute ones too', async () => {
    await using built = await buildAttack('FROM busybox\nCOPY rel abs /got/\nCOPY rel/file /got/two\n', {
      prepare: 'mkdir real; echo mine > real/file; ln -s real rel; ln -s /real/file abs',
    })
    expectCode(built.outcome)
    expect((await tsrun(['--rm', built.name, 'cat', '/got/file', '/got/abs', '/got/two'])).stdout).toBe(
      'mine\n'.repeat(3),
    )
  })

  it('a Dockerfile or an ignore file that is a link to the host is not shown', async () => {
    for (const name of ['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore', 'other']) {
      using directory = makeDirectory({
        ...(name === 'Dockerfile' ? {} : { Dockerfile: 'FROM busybox\nCOPY missing /\n' }),
      })
      expectCode(await runCommand('ln', ['-s', `${victim.path}/secret`, join(directory.path, name)]))
      const outcome = await tsbuild([...(name === 'other' ? ['-f', 'other'] : []), '.'], {
        cwd: directory.path,
      })
      expect(outcome.code).not.toBe(0)
      expect(outcome.stderr).not.toContain('canary')
      expect(outcome.stderr).toMatch(/leads out of the build context/)
    }
  })

  it('a FIFO or a device as Dockerfile or ignore file does not hang', async () => {
    for (const name of ['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore']) {
      using directory = makeDirectory({
        ...(name === 'Dockerfile' ? {} : { Dockerfile: 'FROM busybox\nCOPY x /\n' }),
      })
      expectCode(await runCommand('mkfifo', [join(directory.path, name)]))
      expect((await tsbuild(['.'], { cwd: directory.path })).code).not.toBe(0)
    }
  })

  it.each(['../../../../etc/passwd', '/../../etc/passwd', 'x/../../../etc/passwd', '/etc/passwd'])(
    'COPY %s is not the host',
    async (source) => {
      await using built = await buildAttack(`FROM busybox\nCOPY ${source} /got\n`, { files: { x: '' } })
      expect(built.outcome.code).not.toBe(0)
    },
  )
})

describe('destinations that are links (45, 46)', () => {
  it.each([
    '/link/new',
    '/link/',
    '/link',
    '/up/etc/new',
    '/link/../../new',
    '/../../../../new',
    '/link/sub/../../new',
  ])('COPY, ADD, WORKDIR and heredocs to %s stay in the image', async (to) => {
    const base = `FROM busybox\nRUN ln -s ${victim.path} /link; ln -s ../../../..${victim.path} /up; mkdir -p ${victim.path}/etc\n`
    for (const step of [
      `COPY new ${to}`,
      `ADD new ${to}`,
      `COPY <<new ${to}\nx\nnew`,
      `WORKDIR ${to}\nRUN echo x > file`,
    ]) {
      await using built = await buildAttack(`${base}${step}\n`, { files: { new: 'x' } })
      expect(built.outcome.stderr).not.toContain('internal error')
    }
  })

  it('COPY --from follows links in the other stage only', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox AS one',
        `RUN ln -s ${victim.path} /link; ln -s / /root-link; ln -s ../../../../../../etc /up`,
        'FROM busybox',
        'COPY --from=one /root-link/etc/passwd /from-root',
        'COPY --from=one /up/passwd /from-up',
        'COPY --from=one /../../../etc/group /from-climb',
      ].join('\n'),
    )
    expectCode(built.outcome)
    const texts = expectCode(
      await tsrun(['--rm', built.name, 'cat', '/from-root', '/from-up', '/from-climb']),
    ).stdout
    expect(texts).toContain('nobody:x:65534')
    expect(texts).not.toContain(readFileSync('/etc/passwd', 'utf8').trimEnd())
    await using link = await buildAttack(
      'FROM busybox AS one\nRUN ln -s /etc/shadow /l\nFROM scratch\nCOPY --from=one /l /l\n',
    )
    expect(link.outcome.code).not.toBe(0)
  })

  it('a step that removes and replaces mount points leaves the host and the layer alone (41)', async () => {
    await using built = await buildAttack(
      [
        'FROM busybox',
        `RUN rm -rf /etc/hosts /etc/resolv.conf; mv /etc /old; ln -s ${victim.path}/etc /etc; rm -rf /run; ln -s ${victim.path} /run; true`,
        'RUN true',
        `RUN rm /etc; mv /old /etc; rm -rf /sys /dev /proc 2>/dev/null; ln -s ${victim.path} /srv; true`,
        'RUN true',
      ].join('\n'),
    )
    expectCode(built.outcome)
  })
})

describe('words that are not obeyed (23, 42, 47)', () => {
  it.each([
    'RUN --security=insecure id',
    'RUN --security=none id',
    'RUN --network=container:x id',
    'RUN --device=all id',
    'RUN --privileged id',
    'RUN --mount=type=bind,source=/etc,target=/host,readwrite cat /host/shadow',
    'RUN --mount=type=bind,from=../../..,source=/etc,target=/host cat /host/shadow',
    'RUN --mount=type=cache,id=../../../../etc,target=/host cat /host/shadow',
    'RUN --mount=type=cache,target=/host,source=../../../../../../etc cat /host/shadow',
    'RUN --mount=type=secret,id=../../etc/shadow cat /run/secrets/*',
    'RUN --mount=type=nonsense,target=/x id',
    'ADD https://127.0.0.1:1/x /x',
    'ADD file:///etc/shadow /x',
    'ADD git@127.0.0.1:x.git#--upload-pack=touch /x',
    'ADD --upload-pack=touch https://127.0.0.1:1/x.git /x',
    'COPY --from=--privileged / /x',
    'COPY --from=../../etc /passwd /x',
  ])('%s', async (step) => {
    await using built = await buildAttack(`FROM busybox\n${step}\n`)
    expect(built.outcome.code).not.toBe(0)
    expect(built.outcome.stderr).not.toMatch(/root:[^x]|internal error/)
  })

  it('names and labels that look like options are names and labels', async () => {
    await using built = await buildAttack(
      'FROM busybox\nLABEL --privileged=true "-v /:/host"="x" --root=/\nENV --rm=x\nCMD ["--privileged"]\n',
    )
    if (built.outcome.code === 0) {
      const labels: unknown = JSON.parse((await tsbuild(['inspect', built.name])).stdout)
      expect(JSON.stringify(labels)).toContain('"--privileged":"true"')
    }
    for (const name of ['-x', '--rm', '../x', '/x', 'x y', 'x\ny', '$(id)'])
      expect((await tsbuild(['tag', 'busybox', name])).code).not.toBe(0)
  })
})
