import type { HostPath } from '../oci/index.ts'
import { spawnNative } from './launch.ts'

/**
 * Has the helper write the image of a layer to a descriptor, by the layer's index file, the bytes of its tar, and the patch file that says
 * of what this tar is made where there is no whole one (native/fsops_image.c).
 * False when it does not get to the end, most of all for what it leaves to `encodeImage`: hard links, attributes, a damaged index or patch. Whoever
 * needs to know what is wrong finds it there.
 */
export const writeLayerImage = (
  {
    index,
    tarSize,
    patch,
  }: { readonly index: HostPath; readonly tarSize: number; readonly patch?: HostPath },
  out: number,
): Promise<boolean> =>
  new Promise((resolve) => {
    const words = ['image', index, `${tarSize}`, ...(patch === undefined ? [] : [patch])]
    const child = spawnNative('fsops', words, { stdio: ['ignore', out, 'ignore'] })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
