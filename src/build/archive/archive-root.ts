import type { LayerAddition } from '../../store/layer/index.ts'

/** The root directory of what is unpacked. */
export const archiveRoot = (now: number): LayerAddition => ({
  kind: 'add',
  path: '',
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: now,
  mtimeNsec: 0,
})
