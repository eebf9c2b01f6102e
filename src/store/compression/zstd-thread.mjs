// A thread of zstd-coder.ts: blocks come in, each goes back as a zstd frame of its own. JavaScript, since Node 20 runs no
// TypeScript in a thread. The coder is WebAssembly: its bytes are the same on every machine and Node.
import { parentPort, workerData } from 'node:worker_threads'
import { compress, init } from '@bokuweb/zstd-wasm'

const ready = init()

parentPort.on('message', async ({ block }) => {
  try {
    await ready
    const bytes = compress(block, workerData.level)
    parentPort.postMessage({ bytes }, [bytes.buffer])
  } catch (error) {
    parentPort.postMessage({ failure: error instanceof Error ? error.message : String(error) })
  }
})
