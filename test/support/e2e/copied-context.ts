import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A small context with links, and with names that its ignore file leaves out. */
export interface CopiedContext {
  readonly context: string
  at(path: string): string
  put(path: string, text: string): void
  /** All anew. */
  makeContext(dockerfile?: string): void
  /** So many names that the program has the helper compare them, too. */
  addMany(): void
}

export const copiedFiles = [
  'a.txt',
  'b.txt',
  'c.md',
  'x.log',
  'src/f',
  'src/g.md',
  'src/deep/h',
  'out/made',
] as const

export const copiedContext = (context: string): CopiedContext => {
  const at = (path: string): string => join(context, path)
  const put = (path: string, text: string): void => writeFileSync(at(path), text)
  return {
    context,
    at,
    put,
    makeContext(dockerfile = 'FROM busybox\nCOPY . /app\n') {
      rmSync(context, { recursive: true, force: true })
      for (const directory of ['src/deep', 'out', 'empty']) mkdirSync(at(directory), { recursive: true })
      put('Dockerfile', dockerfile)
      put('.dockerignore', '*.log\nout\n')
      for (const path of copiedFiles) put(path, `${path}\n`)
      symlinkSync('src', at('link'))
      symlinkSync('a.txt', at('file-link'))
    },
    addMany() {
      for (let n = 0; n < 2100; n++) {
        const directory = `src/many/${n % 7}`
        mkdirSync(at(directory), { recursive: true })
        put(`${directory}/${n}`, '')
      }
    },
  }
}
