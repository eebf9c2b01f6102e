import { readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../oci/index.ts'

/** Ends what runs in the cgroups of a helper that was killed, and removes them. Best effort: whoever opens the store next sweeps too. */
export const removeAbandoned = (cgroups: readonly HostPath[]): void => {
  const deadline = Date.now() + 2000
  for (const path of cgroups) {
    while (Date.now() < deadline && !removeOne(path)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** True when the directory is gone. */
const removeOne = (path: HostPath): boolean => {
  try {
    for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n')) {
      // 0 stands for a process of another pid namespace; kill(0) would be ourselves.
      if (Number(pid) > 1) process.kill(Number(pid), 'SIGKILL')
    }
  } catch {
    // Gone, or a process ended in between: rmdir tells.
  }
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}
