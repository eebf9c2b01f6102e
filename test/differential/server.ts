import { spawn } from 'node:child_process'
import { createReadStream, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join, normalize } from 'node:path'

/** Serves `served` of every case's directory on the loopback, and the git repositories in it. */
export interface CaseServer {
  /** http://127.0.0.1:PORT */
  readonly address: string
  close(): void
}

/** What a client needs to get `/private/...`: cases give it as a secret. */
const credentials = ['Bearer corpus-token', 'Basic corpus-basic']

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, status === 401 ? { 'WWW-Authenticate': 'Basic realm="corpus"' } : {}).end()
}

const sendFile = (path: string, request: IncomingMessage, response: ServerResponse): void => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile()) {
    refuse(response, 404)
    return
  }
  response.writeHead(200, {
    'Content-Length': stat.size,
    'Content-Type': 'application/octet-stream',
    'Last-Modified': stat.mtime.toUTCString(),
    ...(path.includes('/named/') ? { 'Content-Disposition': 'attachment; filename="given-name.txt"' } : {}),
  })
  if (request.method === 'HEAD') response.end()
  else createReadStream(path).pipe(response)
}

/** Answers of a CGI program: header lines, an empty line, the body. */
const sendCgi = (output: Buffer, response: ServerResponse): void => {
  const end = output.indexOf('\r\n\r\n')
  const lines = output.toString('latin1', 0, end).split('\r\n')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number.parseInt(headers.get('Status') ?? '200', 10)
  headers.delete('Status')
  response.writeHead(status, Object.fromEntries(headers)).end(output.subarray(end + 4))
}

const runGit = (root: string, url: URL, request: IncomingMessage, response: ServerResponse): void => {
  const child = spawn('git', ['-c', 'safe.directory=*', 'http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  })
  const chunks: Buffer[] = []
  request.pipe(child.stdin)
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('close', () => sendCgi(Buffer.concat(chunks), response))
}

const answer = (root: string, request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url ?? '/', 'http://server')
  const [, name = '', ...rest] = normalize(decodeURIComponent(url.pathname)).split('/')
  const [first = ''] = rest
  if (first === 'redirect') response.writeHead(302, { Location: `/${name}/${rest.slice(1).join('/')}` }).end()
  else if (first === 'private' && !credentials.includes(request.headers.authorization ?? ''))
    refuse(response, 401)
  else if (first.endsWith('.git')) {
    url.pathname = `/${name}/served/${rest.join('/')}`
    runGit(root, url, request, response)
  } else sendFile(join(root, name, 'served', ...rest), request, response)
}

/** Starts it for the contexts below `root`, on a free port. */
export const startServer = (root: string): Promise<CaseServer> =>
  new Promise((resolve, reject) => {
    const server: Server = createServer((request, response) => answer(root, request, response))
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : undefined
      resolve({
        address: `http://127.0.0.1:${port}`,
        close: () => {
          server.close()
          server.closeAllConnections()
        },
      })
    })
  })
