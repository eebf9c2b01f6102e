import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Command that runs docker, its words separated by blanks (TSBUILD_TEST_DOCKER). Differential tests are skipped without it:
 * they compare with what docker does on this machine, and are no part of CI.
 */
export const peerDocker: readonly string[] | undefined = process.env['TSBUILD_TEST_DOCKER']?.split(' ')

/** Builds with docker and returns the resulting root as a tar; throws docker's output when the build fails. */
export const dockerBuildTar = (directory: string, dockerfile: string): Buffer => {
  const [program = 'docker', ...words] = peerDocker ?? []
  const out = join(directory, '..', `docker-${process.pid}.tar`)
  const options = ['build', '-q', '-f', dockerfile, '-o', `type=tar,dest=${out}`, directory]
  execFileSync(program, [...words, ...options], {
    cwd: join(directory, '..'),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    return readFileSync(out)
  } finally {
    rmSync(out, { force: true })
  }
}
