import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { must } from '../command.mjs'

/** skopeo copies between registries, archives and OCI layouts; it builds and runs nothing. A layout per image is its store. */
export const skopeo = {
  name: 'skopeo',
  where: 'peers',
  open: async (lab, directory) => {
    const { inside } = lab.peers
    const temporary = join(directory, 'tmp')
    await must(inside(['mkdir', '-p', temporary]))
    const layout = (name) =>
      `oci:${join(directory, createHash('sha256').update(name).digest('hex').slice(0, 12))}:image`
    const copy = (from, to) => ({
      argv: inside([
        `TMPDIR=${temporary}`,
        ...['skopeo', 'copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', from, to],
      ]),
    })
    return {
      load: (file, name) => copy(`docker-archive:${file}`, layout(name)),
      push: (name) => copy(layout(name), `docker://${name}`),
      tag: (from, to) => copy(layout(from), layout(to)),
      pull: (name) => copy(`docker://${name}`, layout(name)),
      save: (name, file) => copy(layout(name), `docker-archive:${file}:${name}`),
      saveOci: (name, file) => copy(layout(name), `oci-archive:${file}:${name}`),
      pids: () => [],
      close: () => {},
    }
  },
}
