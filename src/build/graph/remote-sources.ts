import { type Digest, isDigest } from '../../foundation/oci/index.ts'
import type { CopyInstruction } from '../dockerfile/index.ts'
import { type GitUrl, type HttpUrl, parseGitChecksum, type SourceUrl, shownUrl } from '../source-url/index.ts'
import type { CopyWords } from './copy-words.ts'
import { addInput } from './input-vertices.ts'
import type { GitOp, HttpOp } from './op-types.ts'
import type { PlanProblem } from './plan-problem.ts'
import { report } from './planning.ts'
import type { Step } from './step.ts'
import type { VertexId } from './types.ts'

/** Whether COPY or ADD may have these sources with these flags; what is wrong is reported. */
export const mayFetch = (
  { planning }: Step,
  instruction: CopyInstruction,
  { checksum }: CopyWords,
  urls: readonly SourceUrl[],
): boolean => {
  const problem = fetchProblem(instruction, checksum, urls)
  if (problem) report(planning, instruction.range, problem)
  return problem === undefined
}

/** What is wrong with the sources of COPY or ADD. `checksum` is the flag's, variables put in, '' without one. */
export const fetchProblem = (
  instruction: CopyInstruction,
  checksum: string,
  urls: readonly SourceUrl[],
): PlanProblem | undefined => {
  const words = instruction.sources.filter((source) => typeof source === 'string')
  for (const [index, url] of urls.entries()) {
    const problem = sourceProblem(instruction, url)
    if (problem) return { part: { word: words[index] ?? '' }, ...problem }
  }
  const problem = checksum === '' ? undefined : checksumProblem(instruction, checksum, urls)
  return problem && { ...problem, part: { flag: 'checksum' } }
}

const sourceProblem = ({ kind, keepGitDir }: CopyInstruction, url: SourceUrl): PlanProblem | undefined => {
  switch (url.kind) {
    case 'other':
      return undefined
    case 'bad':
      return {
        code: 'bad-url',
        message: url.message,
        hint: url.hint ?? 'a repository is URL.git#REF:DIRECTORY, and any other URL a file',
      }
    case 'http':
      return kind === 'copy' ? notForCopy('a URL', url.url) : undefined
    case 'git':
      if (url.ambiguous) return undefined
      if (kind === 'copy') return notForCopy('a git repository', url.remote)
      return keepGitDir && url.keepGitDir === false
        ? {
            code: 'keep-git-dir-conflict',
            message: 'expected --keep-git-dir and keep-git-dir of the URL to be the same, found both values',
            hint: 'say it once, with the flag or in the URL',
            part: { flag: 'keep-git-dir' },
          }
        : undefined
  }
}

const notForCopy = (what: string, url: string): PlanProblem => ({
  code: 'remote-in-copy',
  message: `expected a path after COPY, found ${what}: ${shownUrl(url)}`,
  hint: 'ADD fetches it',
})

const checksumProblem = (
  { sources }: CopyInstruction,
  checksum: string,
  urls: readonly SourceUrl[],
): PlanProblem | undefined => {
  const [url] = urls
  if (sources.length !== 1 || !url)
    return {
      code: 'bad-checksum',
      message: `expected one source with --checksum, found ${sources.length}`,
      hint: 'use an ADD of its own for every file',
    }
  const inUrl = url.kind === 'git' && !url.ambiguous ? url : undefined
  if (url.kind !== 'http' && !inUrl)
    return {
      code: 'bad-checksum',
      message: 'expected an http(s) URL or a git repository with --checksum, found a path',
      hint: 'files of the build context are part of the cache key anyway',
    }
  if (!inUrl)
    return isDigest(checksum)
      ? undefined
      : {
          code: 'bad-checksum',
          message: `expected --checksum to be sha256: and 64 hex digits, found ${JSON.stringify(checksum)}`,
          hint: '`sha256sum FILE` tells it',
        }
  const commit = parseGitChecksum(checksum)
  if (commit === undefined)
    return {
      code: 'bad-checksum',
      message: `expected --checksum of a git repository to be 7 or more hex digits of a commit, found ${JSON.stringify(checksum)}`,
      hint: '`git rev-parse HEAD` tells it',
    }
  return inUrl.checksum !== undefined && inUrl.checksum !== commit
    ? {
        code: 'bad-checksum',
        message: `expected one checksum, found ${commit} in the flag and ${inUrl.checksum} in the URL`,
        hint: 'say it once, with the flag or in the URL',
      }
    : undefined
}

/** The vertex that fetches a source of ADD, and where in its result the files are. */
export const fetchVertex = (
  { planning }: Step,
  instruction: CopyInstruction,
  { checksum }: CopyWords,
  url: GitUrl | HttpUrl,
): { readonly vertex: VertexId; readonly path: string } => {
  const asked = { range: instruction.range, instruction: instruction.text }
  const op = remoteOp(instruction, url, checksum)
  const title = op.kind === 'http' ? shownUrl(op.url) : `git source ${shownUrl(op.remote)}`
  return {
    vertex: addInput(planning, asked, `[internal] load ${title}`, op),
    path: op.kind === 'http' ? `/${op.filename}` : '/',
  }
}

/** What is fetched for a URL. `checksum` is that of the flag, correct, or ''. */
export const remoteOp = (
  flags: Pick<CopyInstruction, 'keepGitDir'>,
  url: GitUrl | HttpUrl,
  checksum: string,
): HttpOp | GitOp => (url.kind === 'http' ? httpOp(url, checksum) : gitOp(flags, url, checksum))

/** Docker's name for a file whose URL has none. */
const unnamed = '__unnamed__'

const httpOp = ({ url, filename = unnamed }: HttpUrl, checksum: string): HttpOp => ({
  kind: 'http',
  url,
  filename,
  ...(isDigest(checksum) ? { checksum: checksum satisfies Digest } : {}),
})

const gitOp = ({ keepGitDir }: Pick<CopyInstruction, 'keepGitDir'>, url: GitUrl, flag: string): GitOp => {
  const { remote, ref, subdir, submodules, mtime } = url
  const checksum = url.checksum ?? parseGitChecksum(flag)
  return {
    kind: 'git',
    remote,
    ...(ref === undefined ? {} : { ref }),
    ...(subdir === undefined ? {} : { subdir }),
    ...(checksum === undefined ? {} : { checksum }),
    keepGitDir: url.keepGitDir ?? keepGitDir,
    ...(submodules === undefined ? {} : { submodules }),
    ...(mtime === undefined ? {} : { mtime }),
  }
}
