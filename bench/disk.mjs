// A fresh journaled file system for each store: ext4 in a sparse file. Without loop devices it is a directory.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cleaning, must } from './command.mjs'

const gibibytes = 40

/** Twice the usual number of inodes; their tables are not written before they are used. */
const format = ['mkfs.ext4', '-q', '-F', '-i', '8192', '-E', 'lazy_itable_init=1']

/** Around the page cache of the file below, where the system can; otherwise everything would be cached twice. */
const attach = async (file) => {
  const losetup = ['losetup', '-f', '--show']
  try {
    return (await must([...losetup, '--direct-io=on', file])).trim()
  } catch {
    return (await must([...losetup, file])).trim()
  }
}

/**
 * Makes an empty file system and mounts it where it is to be seen.
 * @param lab     `lab.disks` becomes 'directories' when this machine has no loop devices for us
 * @param places  runs a command in a mount namespace: one function for each that is to see it
 * @returns {{directory: string, settle: () => Promise<void>, close: () => Promise<void>}}
 */
export const makeDisk = async (lab, name, places) => {
  const directory = join(lab.directory, 'disks', name)
  mkdirSync(directory, { recursive: true })
  if (lab.disks === 'directories') return plainDirectory(lab, directory)
  try {
    return await loopDisk(directory, places)
  } catch (error) {
    if (lab.disks) throw error
    lab.note(`no loop file systems here, directories instead: ${error.message}`)
    lab.disks = 'directories'
    return plainDirectory(lab, directory)
  } finally {
    lab.disks ??= 'loop ext4'
  }
}

const plainDirectory = (lab, directory) => ({
  directory,
  settle: () => must(['sync', '-f', directory]),
  // Deleting many files makes creating slow on some file systems: not before the end.
  close: () => lab.atEnd(() => rmSync(directory, { recursive: true, force: true })),
})

const loopDisk = async (directory, places) => {
  const file = `${directory}.img`
  await must(['truncate', '-s', `${gibibytes}G`, file])
  const mounted = []
  let device
  const unmount = (inside) =>
    must(inside(['sh', '-c', 'umount -R "$1" 2>/dev/null || umount -R -l "$1"', 'sh', directory]))
  const close = () =>
    cleaning(async () => {
      for (const inside of mounted.splice(0).reverse()) await unmount(inside)
      if (device) await must(['losetup', '-d', device])
      device = undefined
      rmSync(file, { force: true })
    })
  try {
    await must([...format, file])
    device = await attach(file)
    for (const inside of places) {
      await must(inside(['mount', '-o', 'noinit_itable', device, directory]))
      mounted.push(inside)
    }
  } catch (error) {
    await close()
    throw error
  }
  const settle = () => must(places[0](['sync', '-f', directory]))
  return { directory, settle, close }
}
