import type { HostPath } from '../oci/index.ts'
import { spawnNative } from './launch.ts'

/**
 * Has the helper write the image of a layer to a descriptor, by the layer's index file and the bytes of its tar (native/fsops_image.c).
 * False when it does not get to the end, most of all for what it leaves to `encodeImage`: hard links, attributes, a damaged index. Whoever
 * needs to know what is wrong finds it there.
 */
export const writeLayerImage = (index: HostPath, tarSize: number, out: number): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawnNative('fsops', ['image', index, `${tarSize}`], { stdio: ['ignore', out, 'ignore'] })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
