import { statfsSync } from 'node:fs'
import { release } from 'node:os'

const memory = 0x01021994
const overlay = 0x794c7630

/** Whether the kernel mounts EROFS images from files in this directory: since 6.12, and of no file system in memory or on others. */
export const mountsFiles = (directory: string): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  const isNew = major > 6 || (major === 6 && minor >= 12)
  return isNew && ![memory, overlay].includes(statfsSync(directory).type)
}
