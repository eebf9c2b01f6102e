import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { readBody, type SeenRequest, sendJson } from './http-parts.ts'

/** What goes wrong on purpose. True: the hook has answered. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  registry: FakeRegistry,
) => boolean | undefined | Promise<boolean | undefined>

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly requests: SeenRequest[]
  /** By digest. */
  readonly blobs: Map<string, Buffer>
  /** By `REPOSITORY:TAG` and `REPOSITORY@DIGEST`. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>
  /** Bytes of uploads that are under way, by id. */
  readonly uploads: Map<string, Buffer>
  /** Connections that were ever made. */
  readonly connections: { count: number }
  /** Asked before the registry itself answers. */
  fault: Fault | undefined
  addBlob(bytes: Uint8Array | string): string
  addManifest(repository: string, tag: string, type: string, bytes: Buffer | string): string
}

export interface FakeRegistryOptions {
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string }
  readonly fault?: Fault
  /** `OCI-Chunk-Min-Length` */
  readonly minChunk?: number
}

export const digestOfBytes = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A registry in memory on this machine's loopback, with a hook for everything that real ones do wrong. */
export const startFakeRegistry = async (options: FakeRegistryOptions = {}): Promise<FakeRegistry> => {
  const sockets = new Set<Socket>()
  const state: Omit<FakeRegistry, 'host' | typeof Symbol.asyncDispose> = {
    requests: [],
    blobs: new Map(),
    manifests: new Map(),
    uploads: new Map(),
    connections: { count: 0 },
    fault: options.fault,
    addBlob: (bytes) => {
      const copy = Buffer.from(bytes)
      const digest = digestOfBytes(copy)
      state.blobs.set(digest, copy)
      return digest
    },
    addManifest: (repository, tag, type, bytes) => {
      const copy = Buffer.from(bytes)
      const digest = digestOfBytes(copy)
      state.manifests.set(`${repository}:${tag}`, { type, bytes: copy })
      state.manifests.set(`${repository}@${digest}`, { type, bytes: copy })
      return digest
    },
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    state.requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
    })
    void (async () => {
      if (await registry.fault?.(request, response, registry)) return
      await answer(registry, request, response, options)
    })().catch(() => response.destroy())
  }
  const server: Server = options.tls
    ? createTlsServer(
        { ...options.tls, ...(options.tls.ca ? { requestCert: true, rejectUnauthorized: true } : {}) },
        listener,
      )
    : createServer(listener)
  server.on('connection', (socket: Socket) => {
    state.connections.count++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const registry: FakeRegistry = Object.assign(state, {
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  })
  return registry
}

const answer = async (
  registry: FakeRegistry,
  request: IncomingMessage,
  response: ServerResponse,
  options: FakeRegistryOptions,
): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry')
  if (pathname === '/v2/') return void sendJson(response, 200, {})
  const manifest = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(pathname)
  if (manifest)
    return answerManifest(registry, request, response, { name: manifest[1] ?? '', ref: manifest[2] ?? '' })
  const blob = /^\/v2\/.+\/blobs\/(sha256:[0-9a-f]{64})$/.exec(pathname)
  if (blob) return answerBlob(registry, request, response, blob[1] ?? '')
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/.exec(pathname)
  if (upload)
    return answerUpload(registry, request, response, {
      name: upload[1] ?? '',
      id: upload[2] ?? '',
      searchParams,
      options,
    })
  const tags = /^\/v2\/(.+)\/tags\/list$/.exec(pathname)
  if (tags) return answerTags(registry, response, tags[1] ?? '', searchParams)
  notFound(response, 'NAME_UNKNOWN')
}

const notFound = (response: ServerResponse, code: string): void =>
  sendJson(response, 404, { errors: [{ code, message: 'not there' }] })

const answerManifest = async (
  registry: FakeRegistry,
  request: IncomingMessage,
  response: ServerResponse,
  { name, ref }: { readonly name: string; readonly ref: string },
): Promise<void> => {
  const key = ref.includes(':') ? `${name}@${ref}` : `${name}:${ref}`
  if (request.method === 'PUT') {
    const bytes = await readBody(request)
    const digest = registry.addManifest(name, ref, request.headers['content-type'] ?? '', bytes)
    response.writeHead(201, { 'Docker-Content-Digest': digest }).end()
    return
  }
  const found = registry.manifests.get(key)
  if (!found) return notFound(response, 'MANIFEST_UNKNOWN')
  response.writeHead(200, {
    'Content-Type': found.type,
    'Content-Length': found.bytes.length,
    'Docker-Content-Digest': digestOfBytes(found.bytes),
  })
  response.end(request.method === 'HEAD' ? undefined : found.bytes)
}

const answerBlob = (
  registry: FakeRegistry,
  request: IncomingMessage,
  response: ServerResponse,
  digest: string,
): void => {
  const bytes = registry.blobs.get(digest)
  if (!bytes) {
    notFound(response, 'BLOB_UNKNOWN')
    return
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  if (!range) {
    response.writeHead(200, { 'Content-Length': bytes.length })
    response.end(request.method === 'HEAD' ? undefined : bytes)
    return
  }
  const [from, to] = [Number(range[1]), Number(range[2])]
  const part = bytes.subarray(from, to + 1)
  response.writeHead(206, {
    'Content-Length': part.length,
    'Content-Range': `bytes ${from}-${from + part.length - 1}/${bytes.length}`,
  })
  response.end(part)
}

interface UploadCall {
  readonly name: string
  readonly id: string
  readonly searchParams: URLSearchParams
  readonly options: FakeRegistryOptions
}

const answerUpload = async (
  registry: FakeRegistry,
  request: IncomingMessage,
  response: ServerResponse,
  { name, id, searchParams, options }: UploadCall,
): Promise<void> => {
  const place = (upload: string): string => `/v2/${name}/blobs/uploads/${upload}?_state=a%2Bb%3D`
  if (request.method === 'POST') {
    const mount = searchParams.get('mount')
    if (mount !== null && registry.blobs.has(mount))
      return void response.writeHead(201, { Location: `/v2/${name}/blobs/${mount}` }).end()
    const made = randomUUID()
    registry.uploads.set(made, Buffer.alloc(0))
    response.writeHead(202, {
      Location: place(made),
      ...(options.minChunk === undefined ? {} : { 'OCI-Chunk-Min-Length': options.minChunk }),
    })
    return void response.end()
  }
  const known = registry.uploads.get(id)
  if (known === undefined || searchParams.get('_state') !== 'a+b=')
    return notFound(response, 'BLOB_UPLOAD_UNKNOWN')
  if (request.method === 'GET') {
    return void response
      .writeHead(204, { Location: place(id), Range: `0-${Math.max(0, known.length - 1)}` })
      .end()
  }
  const start = /^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1]
  if (start !== undefined && Number(start) !== known.length) return void response.writeHead(416).end()
  // What has come of a body that breaks off stays.
  const body = await readBody(request, (part) => registry.uploads.set(id, Buffer.concat([known, part])))
  const all = Buffer.concat([known, body])
  if (request.method === 'PATCH') {
    registry.uploads.set(id, all)
    return void response.writeHead(202, { Location: place(id), Range: `0-${all.length - 1}` }).end()
  }
  registry.uploads.delete(id)
  if (digestOfBytes(all) !== searchParams.get('digest')) {
    return void sendJson(response, 400, { errors: [{ code: 'DIGEST_INVALID', message: 'other bytes' }] })
  }
  registry.addBlob(all)
  response.writeHead(201, { Location: `/v2/${name}/blobs/${digestOfBytes(all)}` }).end()
}

const answerTags = (
  registry: FakeRegistry,
  response: ServerResponse,
  name: string,
  query: URLSearchParams,
): void => {
  const all = [...registry.manifests.keys()]
    .filter((key) => key.startsWith(`${name}:`) && !key.includes('@'))
    .map((key) => key.slice(name.length + 1))
  if (all.length === 0) {
    notFound(response, 'NAME_UNKNOWN')
    return
  }
  const start = all.indexOf(query.get('last') ?? '') + 1
  const count = Math.min(Number(query.get('n') ?? 100), 3)
  const page = all.slice(start, start + count)
  const more = start + count < all.length
  if (more)
    response.setHeader('Link', `</v2/${name}/tags/list?n=${count}&last=${page.at(-1) ?? ''}>; rel="next"`)
  sendJson(response, 200, { name, tags: page })
}
