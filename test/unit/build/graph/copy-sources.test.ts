import { describe, expect, it } from 'vitest'
import type { FileOp } from '../../../../src/build/graph/index.ts'
import { codesOf, type PlanOptions, planOf, planText } from '../../../support/plan-dockerfile.ts'

const fileOp = async (line: string, options: PlanOptions = {}): Promise<FileOp> => {
  const op = (await planOf(`FROM a\n${line}`, options)).vertices.at(-1)?.op
  if (op?.kind !== 'file') throw new Error('the last vertex changes no files')
  return op
}

/** Ops that the last step has as inputs besides its root. */
const fetchedBy = async (line: string) => {
  const plan = await planOf(`FROM a\n${line}`)
  const inputs = plan.vertices.at(-1)?.inputs.slice(1) ?? []
  return inputs.map((input) => plan.vertices.find(({ id }) => id === input))
}

const codes = async (line: string) => (await codesOf(`FROM a\n${line}`)).map((each) => each.split('@')[0])

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('ADD of URLs', () => {
  it('fetches a file and copies it by its name', async () => {
    expect(
      await fetchedBy(`ADD --checksum=${digest} https://u:p@h.org/d/a%20b.tar.gz?q=1#f /x/`),
    ).toMatchObject([
      {
        name: '[internal] load https://h.org/d/a%20b.tar.gz?...',
        op: {
          kind: 'http',
          url: 'https://u:p@h.org/d/a%20b.tar.gz?q=1',
          filename: 'a b.tar.gz',
          checksum: digest,
        },
      },
    ])
    expect((await fileOp('ADD https://h.org/f[1] /x/')).actions).toEqual([
      {
        kind: 'copy',
        from: { kind: 'input', input: 1 },
        sources: ['/f\\[1]'],
        destination: '/x/',
        unpack: false,
      },
    ])
  })

  it('shows no password in the history', async () => {
    const plan = await planOf('FROM a\nADD https://u:p@h.org/f /x')
    expect(plan.history.at(-1)?.created_by).toBe('ADD https://h.org/f /x # buildkit')
  })

  it('unpacks only when it is told to', async () => {
    expect((await fileOp('ADD https://h.org/f /x')).actions).toMatchObject([{ unpack: false }])
    expect((await fileOp('ADD --unpack=true https://h.org/f /x')).actions).toMatchObject([{ unpack: true }])
    expect((await fileOp('ADD --unpack https://h.org/f /x')).actions).toMatchObject([{ unpack: true }])
  })

  it('names a file that has no name', async () => {
    expect(await fetchedBy('ADD https://h.org/ /x')).toMatchObject([{ op: { filename: '__unnamed__' } }])
  })

  it('keeps the order of what is local and what is not', async () => {
    const { actions } = await fileOp('ADD --chown=1 a b https://h.org/f c /x/')
    expect(actions.map((action) => action.kind === 'copy' && action.sources)).toEqual([
      ['a', 'b'],
      ['/f'],
      ['c'],
    ])
    expect(actions.every((action) => action.kind === 'copy' && action.chown === '1')).toBe(true)
  })
})

describe('ADD of repositories', () => {
  it('copies the content of a commit', async () => {
    expect(await fetchedBy('ADD --keep-git-dir https://h.org/r.git#v1:sub /x')).toMatchObject([
      { op: { kind: 'git', remote: 'https://h.org/r.git', ref: 'v1', subdir: 'sub', keepGitDir: true } },
    ])
    expect((await fileOp('ADD git@h.org:u/r /x')).actions).toMatchObject([{ sources: ['/'], unpack: false }])
  })

  it('takes the checksum of the flag or of the URL', async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567'
    const flag = await fetchedBy(`ADD --checksum=${commit} https://h.org/r.git#main /x`)
    expect(flag).toMatchObject([{ op: { ref: 'main', checksum: commit } }])
    const query = await fetchedBy(`ADD https://h.org/r.git?branch=main&checksum=${commit} /x`)
    expect(query).toMatchObject([{ op: { ref: 'refs/heads/main', checksum: commit } }])
  })

  it('takes a name without a scheme for a path', async () => {
    expect((await fileOp('ADD github.com/u/r /x')).actions).toMatchObject([{ from: { kind: 'context' } }])
  })
})

describe('what does not go together', () => {
  it.each([
    ['COPY https://h.org/f /x', 'remote-in-copy'],
    ['COPY git@h.org:u/r /x', 'remote-in-copy'],
    [`ADD --checksum=${digest} f /x`, 'bad-checksum'],
    [`ADD --checksum=${digest} https://h.org/f https://h.org/g /x/`, 'bad-checksum'],
    ['ADD --checksum=md5:1 https://h.org/f /x', 'bad-checksum'],
    ['ADD --checksum=abc https://h.org/r.git /x', 'bad-checksum'],
    ['ADD --checksum=1234567 https://h.org/r.git?checksum=7654321 /x', 'bad-checksum'],
    ['ADD --keep-git-dir https://h.org/r.git?keep-git-dir=false /x', 'keep-git-dir-conflict'],
    ['ADD https://h.org/r.git?branch=a&tag=b /x', 'bad-url'],
  ])('%s', async (line, code) => {
    expect(await codes(line)).toEqual([code])
  })
})

describe('flags', () => {
  it('passes on --parents and --exclude, with variables put in', async () => {
    expect(
      (await fileOp('ENV E=*.o\nCOPY --parents --exclude=$E --exclude=b ./x/./y z /d/')).actions,
    ).toEqual([
      {
        kind: 'copy',
        from: { kind: 'context', name: '' },
        sources: ['./x/./y', 'z'],
        destination: '/d/',
        unpack: false,
        parents: true,
        exclude: ['*.o', 'b'],
      },
    ])
  })

  it('links, but not together with --chmod, as docker', async () => {
    expect(await fileOp('COPY --link a /d')).toMatchObject({ link: true })
    expect(await fileOp('COPY --link --chmod=600 a /d')).not.toHaveProperty('link')
    expect(await fileOp('COPY --link=false a /d')).not.toHaveProperty('link')
  })

  it('writes --parents into the history, and neither --link nor --exclude', async () => {
    const plan = await planOf('FROM a\nCOPY --link --exclude=x --chown=1 --parents a /d')
    expect(plan.history.at(-1)?.created_by).toBe('COPY --parents --chown=1 a /d # buildkit')
  })

  it.each(['0755', '00000755', 'u=rwX,go=rX', 'a+x', 'u=rw,g=u,o-x'])('takes --chmod=%s', async (mode) => {
    expect((await fileOp(`COPY --chmod=${mode} a /d`)).actions).toMatchObject([{ chmod: mode }])
  })

  it.each(['0o755', '17777', '999', 'z', ','])('refuses --chmod=%s', async (mode) => {
    expect(await codes(`COPY --chmod=${mode} a /d`)).toEqual(['bad-chmod'])
  })
})

describe('what docker takes and is hardly meant', () => {
  it('starts paths that lead outside at the root, and says so', async () => {
    expect((await fileOp('COPY ../a ./../b/../../c d /x/')).actions).toMatchObject([
      { sources: ['/a', '/c', 'd'] },
    ])
    expect((await fileOp('COPY --parents ../a/./../b /x/')).actions).toMatchObject([{ sources: ['/a/./b'] }])
    expect(await codes('COPY ../a /x/')).toEqual(['source-outside'])
  })
})

describe('the build context', () => {
  it('may be an image or what was fetched', async () => {
    const contexts = new Map([
      ['', { kind: 'layers', shown: 'https://h.org/c.tar', layers: ['l1'] } as const],
    ])
    const plan = await planOf('FROM a\nCOPY f /f\nADD g /g\nRUN --mount=target=/c x', { contexts })
    expect(plan.vertices.map(({ op }) => op.kind)).toEqual(['source', 'layers', 'file', 'file', 'exec'])
    const image = new Map([['', { kind: 'image', reference: 'ctx' } as const]])
    const outcome = await planText('FROM scratch\nCOPY f /f', { contexts: image })
    expect(outcome).toMatchObject({ plan: { vertices: [{ op: { kind: 'source', reference: 'ctx' } }, {}] } })
  })
})
