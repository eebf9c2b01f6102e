import { atOnce } from '../command.mjs'
import { startDaemon } from '../docker-daemon.mjs'

const open = (containerd) => async (lab, directory) => {
  const { inside, prefix } = lab.peers
  const daemon = await startDaemon(lab, directory, containerd)
  const docker = (...words) => ({ argv: inside(['docker', '-H', daemon.host, ...words]) })
  const run = (...words) => docker('run', '--rm', ...words)
  return {
    import: (archive, name) => docker('import', archive, name),
    build: (context, name) => docker('build', '-q', '-t', name, context),
    run,
    runMany: (count, ...words) => atOnce(count, run(...words), prefix),
    push: (name) => docker('push', '-q', name),
    pull: (name) => docker('pull', '-q', name),
    save: (name, file) => docker('save', '-o', file, name),
    // Only this image store has an exporter for it.
    ...(containerd && {
      saveOci: (name, file, context) =>
        docker('build', '-q', '-o', `type=oci,dest=${file},name=${name}`, context),
    }),
    tag: (from, to) => docker('tag', from, to),
    images: () => docker('image', 'ls'),
    df: () => docker('system', 'df'),
    pruneImages: () => docker('image', 'prune', '-a', '-f'),
    load: (file) => docker('load', '-q', '-i', file),
    pids: daemon.pids,
    close: daemon.stop,
  }
}

/** docker with BuildKit and its classic image store, in a daemon of our own. */
export const docker = { name: 'docker', where: 'peers', open: open(false) }

/** The same with images in containerd's store. */
export const dockerContainerd = { name: 'docker-containerd', where: 'peers', open: open(true) }
