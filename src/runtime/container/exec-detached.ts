import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { encodeJoinRequest } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, randomHex } from '../../foundation/sys/index.ts'
import { eventText, journalOf } from './events.ts'
import { beginExec } from './exec-events.ts'
import { type ExecOptions, joinRequestOf } from './exec-process.ts'
import { launchMonitor } from './launch-monitor.ts'
import { moveAside } from './move-aside.ts'
import { stateFile } from './state-files.ts'
import type { Container } from './types.ts'
import { unlessRemoved } from './unless-removed.ts'

/**
 * Starts one more process in a running container and leaves it alone. Returns when it runs. Its output is dropped, as
 * under docker. Throws what `execProcess` throws, and `start-failed` (exit code 126, 127).
 */
export const execDetached = (
  container: Container,
  options: Omit<ExecOptions, 'io'>,
  trash: HostPath,
): Promise<void> => unlessRemoved(container, () => launch(container, options, trash))

const launch = async (
  container: Container,
  options: Omit<ExecOptions, 'io'>,
  trash: HostPath,
): Promise<void> => {
  const request = joinRequestOf(container, options)
  const dir = join(container.dir, 'exec', randomHex(16))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  atomicWrite(join(dir, stateFile.request), encodeJoinRequest(request))
  const events = beginExec(container, options.command)
  // The monitor tells of the end.
  atomicWrite(join(dir, stateFile.event), eventText(container.record, events.attributes))
  try {
    await launchMonitor({
      dir,
      detached: true,
      interactive: false,
      ownInput: false,
      ports: [],
      life: ['--no-log', '--journal', journalOf(container)],
      removal: { trash, directories: [dir] },
    })
  } catch (error) {
    moveAside(dir, trash)
    throw error
  }
}
