import type { HostPath } from '../oci/index.ts'
import { spawnNative } from './launch.ts'
import { letGo } from './let-go.ts'
import type { PackedTar } from './pack.ts'

/**
 * Digest and size of the tar that a layer with the tree in `directory` has, computed by the helper (native/fsops_digest.c) beside this
 * process, which may end before it. Undefined when it does not get to the end, most of all for what it leaves to the writers of
 * tars: hard links, attributes, names that are long or not ASCII. Whoever needs to know what is wrong finds it by writing the tar.
 *
 * @param options `root`: the directory itself is in the tar
 */
export const digestTree = (
  directory: HostPath,
  options: { readonly root: boolean },
): Promise<PackedTar | undefined> =>
  new Promise((resolve) => {
    const child = spawnNative('fsops', ['digest', directory, options.root ? '1' : '0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const answer: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => answer.push(chunk))
    child.once('error', () => resolve(undefined))
    child.once('close', (code) => resolve(code === 0 ? decode(Buffer.concat(answer)) : undefined))
    letGo(child)
  })

const digestSize = 32

const decode = (bytes: Buffer): PackedTar | undefined =>
  bytes.length === digestSize + 8
    ? { digest: bytes.toString('hex', 0, digestSize), size: Number(bytes.readBigUInt64LE(digestSize)) }
    : undefined
