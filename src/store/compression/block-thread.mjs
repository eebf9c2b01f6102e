// One thread of coder-threads.ts: blocks come in, each goes back as a gzip member or a zstd frame of its own. JavaScript, since
// Node 20 runs no TypeScript in a thread. Both coders are WebAssembly: their bytes are the same on every machine and Node.
import { parentPort } from 'node:worker_threads'

const coders = {
  gzip: async () => {
    const { gzip } = await import('libdeflate')
    return gzip
  },
  zstd: async () => {
    const { compress, init } = await import('@bokuweb/zstd-wasm')
    await init()
    return compress
  },
}
const loaded = {}

parentPort.on('message', async ({ block, kind, level }) => {
  try {
    loaded[kind] ??= coders[kind]()
    const code = await loaded[kind]
    if (!block) {
      // Compiles it.
      code(new Uint8Array(1), level)
      return
    }
    const bytes = code(block, level)
    parentPort.postMessage({ bytes }, [bytes.buffer])
  } catch (error) {
    parentPort.postMessage({ failure: error instanceof Error ? error.message : String(error) })
  }
})
