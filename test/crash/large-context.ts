import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A context whose layer is large enough to be mounted as an image (40 ms of unpacking, src/store/snapshot/layer-images.ts) and to be
 * copied again by whole directories (2,000 names, src/build/context/unchanged-directories.ts), so much of it that it is kept as a patch of
 * the one before (8 MiB, src/store/snapshot/copy-tars.ts).
 */
export const makeLargeContext = (context: string, rootfs: string): void => {
  for (let d = 0; d < directories; d++) {
    const directory = join(context, 'large', `d${d}`)
    mkdirSync(directory, { recursive: true })
    for (let n = 0; n < files; n++) writeFileSync(join(directory, `file-${n}`), textOf(d, n))
    if (d !== 1) writeFileSync(join(directory, 'weight'), Buffer.alloc(6 << 20, `${d}`))
  }
  cpSync(rootfs, join(context, 'rootfs.tar'))
  const large = 'FROM scratch\nADD rootfs.tar /\nCOPY large /large\n'
  writeFileSync(join(context, 'Dockerfile'), large)
  writeFileSync(join(context, 'run.Dockerfile'), `${large}RUN cp /large/d1/turn /made && rm -r /large/d2\n`)
  turn(context, 0)
  for (const name of ['', ...readdirSync(context, { recursive: true, encoding: 'utf8' })])
    utimesSync(join(context, name), 1_600_000_000, 1_600_000_000)
}

export const directories = 3
/** In each directory. */
const files = 750
const textOf = (d: number, n: number): string => `${d}/${n}\n`.repeat(n % 20)

/** What `cat d*\/file-* | sha256sum` says of the first `count` directories. */
export const sumOfLargeFiles = (count: number): string => {
  const hash = createHash('sha256')
  for (let d = 0; d < count; d++)
    for (const n of Array.from({ length: files }, (_, i) => `${i}`).toSorted())
      hash.update(textOf(d, Number(n)))
  return hash.digest('hex')
}

/** How many states `turn` knows. */
export const turns = 3

/** Changes one file of the context; each turn makes the same image, whatever was before. Nobody else may use it meanwhile. */
export const turn = (context: string, number: number): void => {
  const directory = join(context, 'large/d1')
  writeFileSync(join(directory, 'turn'), `${number}\n`)
  utimesSync(join(directory, 'turn'), 1_600_000_000 + number, 1_600_000_000 + number)
  utimesSync(directory, 1_600_000_000, 1_600_000_000)
}
