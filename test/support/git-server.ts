import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startServer, type TestServer } from './http-server.ts'

const identity = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  GIT_AUTHOR_DATE: '2005-04-07T22:13:13Z',
  GIT_COMMITTER_DATE: '2005-04-07T22:13:13Z',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

/** Repositories in a temporary directory, for `startGitServer`. */
export interface GitRepositories extends Disposable {
  readonly root: string
  /** Runs git in one of them. */
  git(repository: string, ...args: readonly string[]): string
  /** Writes files and commits all; the commit's id. */
  commit(repository: string, files: Readonly<Record<string, string>>): string
}

export const makeRepositories = (): GitRepositories => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-git-'))
  const git: GitRepositories['git'] = (repository, ...args) => {
    mkdirSync(join(root, repository), { recursive: true })
    const env = { PATH: process.env['PATH'], HOME: root, ...identity }
    return execFileSync('git', args, {
      cwd: join(root, repository),
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  }
  return {
    root,
    git,
    commit: (repository, files) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, repository, name)), { recursive: true })
        writeFileSync(join(root, repository, name), text)
      }
      git(repository, 'add', '--all')
      git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'c')
      return git(repository, 'rev-parse', 'HEAD')
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** `URL/NAME/.git` by git's own http server; `authorization` is what every request must carry. */
export const startGitServer = (root: string, authorization?: string): Promise<TestServer> =>
  startServer((request, response) => {
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' })
      response.end()
      return
    }
    const { pathname, search } = new URL(request.url ?? '', 'http://h')
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REQUEST_METHOD: request.method ?? '',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    request.pipe(backend.stdin)
    const chunks: Buffer[] = []
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    backend.on('close', () => {
      const answer = Buffer.concat(chunks)
      const end = answer.indexOf('\r\n\r\n')
      const headers = answer.subarray(0, end).toString('latin1').split('\r\n')
      for (const line of headers) {
        const [name = '', value = ''] = line.split(/: (.*)/s)
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10)
        else if (name !== '') response.setHeader(name, value)
      }
      response.end(answer.subarray(end + 4))
    })
  })
