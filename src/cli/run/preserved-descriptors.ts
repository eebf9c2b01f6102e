import { readlinkSync } from 'node:fs'
import { parseWhole } from './parse-values.ts'
import { usage } from './parse-verb.ts'

/** More than this is a mistake of typing (native/request_life.c takes 512). */
const most = 500

/**
 * --preserve-fds: how many descriptors the program gets, from 3 on. Throws `usage` where our caller has given us fewer: `front` is the
 * descriptor of the socket to native/front.c, which took the lowest that was free, as does Node's own eventpoll without it.
 */
export const preservedDescriptors = (text: string | undefined, front: number | undefined): number => {
  if (text === undefined) return 0
  const count = parseWhole('--preserve-fds', text, 0, most)
  for (let fd = 3; fd < 3 + count; fd++) {
    if (fd === front || isOurs(fd))
      throw usage(
        'run',
        `--preserve-fds ${count}: descriptor ${fd} is not open`,
        `open it in the shell: ${fd}<FILE`,
      )
  }
  return count
}

const isOurs = (fd: number): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventpoll]'
  } catch {
    return true
  }
}
