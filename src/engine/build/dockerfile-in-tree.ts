import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import { baseOf, cleanInRoot, type FileTree } from '../../foundation/filetree/index.ts'
import { chunksOf } from './inputs-archive.ts'
import { dockerfileOfChunks } from './inputs-stdin.ts'
import type { DockerfileSource } from './types.ts'

/** The Dockerfile of a context that is in the store. Links are followed inside it. Throws `no-dockerfile`, `dockerfile-too-large`. */
export const dockerfileInTree = async (
  tree: FileTree,
  file: string | undefined,
  shown: string,
): Promise<DockerfileSource> => {
  const names = file === undefined ? ['Dockerfile', 'dockerfile'] : [file]
  for (const name of names) {
    const entry = tree.lookup(cleanInRoot(name), { follow: true })
    if (entry?.type === 'file') return dockerfileOfChunks(chunksOf(tree.content(entry)), cleanInRoot(name))
  }
  const wanted = file ?? 'Dockerfile'
  const there = tree.children('').map((entry) => baseOf(entry.path))
  const near = suggest(wanted, there)
  throw new AppError('no-dockerfile', `find the Dockerfile: there is no file ${wanted} in ${shown}`, {
    exitCode: exitCode.badDockerfile,
    hint:
      near === undefined
        ? 'name it with -f, relative to the top of the context'
        : `there is ${near}: use -f ${near}`,
  })
}
