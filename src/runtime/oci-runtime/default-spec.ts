import { createSpec } from '../bundle/index.ts'

/** config.json of a shell with this project's defaults. */
export const defaultBundleSpec = (): unknown => {
  const spec = createSpec({
    config: { Cmd: ['sh'] },
    user: { uid: 0, gid: 0, additionalGids: [], home: '/root' },
    hostname: 'tsrunc',
    terminal: { height: 24, width: 80 },
    noNewPrivileges: true,
  })
  return { ...spec, root: { path: 'rootfs', readonly: true } }
}
