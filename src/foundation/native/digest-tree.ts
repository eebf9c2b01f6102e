import type { HostPath } from '../oci/index.ts'
import { type NativeProcess, spawnNative } from './launch.ts'
import { letGo } from './let-go.ts'
import { type PackedTar, packedTarIn } from './pack.ts'

/**
 * Digest and size of the tar that a layer with the tree in `directory` has, computed by the helper (native/fsops_digest.c) beside this
 * process, which may end before it. Undefined when it does not get to the end, most of all for what it leaves to the writers of
 * tars: hard links, attributes, names that are long or not ASCII. Whoever needs to know what is wrong finds it by writing the tar.
 *
 * @param options `root`: the directory itself is in the tar; or `index`: the file that the helper made when it listed the tree, which
 *   has not changed since
 */
export const digestTree = (
  directory: HostPath,
  options: { readonly root: boolean } | { readonly index: HostPath },
): Promise<PackedTar | undefined> => {
  const words =
    'index' in options
      ? ['listed', directory, options.index]
      : ['digest', directory, options.root ? '1' : '0']
  const child = spawnNative('fsops', words, {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  letGo(child)
  return answerOf(child, 1)
}

/**
 * The same, while the gzip of that tar is written to `out`. What is there when the answer is undefined is of no use.
 *
 * @param options `out`: descriptor of an empty file; `level`: 1 to 9; the helper ends when `signal` aborts
 */
export const gzipPlainTree = async (
  directory: HostPath,
  options: {
    readonly root: boolean
    readonly out: number
    readonly level: number
    readonly signal?: AbortSignal | undefined
  },
): Promise<PackedTar | undefined> => {
  const { root, out, level, signal } = options
  const child = spawnNative('fsops', ['digest', directory, root ? '1' : '0', String(level)], {
    stdio: ['ignore', 'pipe', 'ignore', out],
  })
  const stop = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', stop)
  try {
    return await answerOf(child, 2)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

const answerOf = (child: NativeProcess, files: 1 | 2): Promise<PackedTar | undefined> =>
  new Promise((resolve) => {
    const answer: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => answer.push(chunk))
    child.once('error', () => resolve(undefined))
    child.once('close', (code) => resolve(code === 0 ? packedTarIn(Buffer.concat(answer), files) : undefined))
  })
