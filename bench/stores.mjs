// One empty store for a tool, on a file system of its own.
import { must } from './command.mjs'
import { makeDisk } from './disk.mjs'

const onHost = (argv) => argv

/** The mount namespaces in which a tool's file system is to be seen. */
export const placesOf = (lab, where) => (where === 'host' ? [onHost] : [lab.peers.inside])

/**
 * An empty store of the tool with the work's base images in it: the tool's verbs, `settle` (writes what is dirty to the
 * disk) and `close`.
 */
export const openStore = async (lab, tool, { bases = ['busybox'] }) => {
  const disk = await makeDisk(lab, `${tool.name}-${lab.counter()}`, placesOf(lab, tool.where))
  try {
    const store = await tool.open(lab, disk.directory)
    const close = async () => {
      try {
        await store.close()
      } finally {
        await disk.close()
      }
    }
    try {
      for (const { archive, name } of bases.map((base) => lab.bases[base]))
        if (store.import) await must(store.import(archive, name))
    } catch (error) {
      await close()
      throw error
    }
    return { ...store, settle: disk.settle, close }
  } catch (error) {
    await disk.close()
    throw error
  }
}
