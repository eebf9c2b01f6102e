/** Names with a meaning in layers: image-spec layer.md#whiteouts. */
export const whiteoutPrefix = '.wh.'
export const opaqueMarker = '.wh..wh..opq'

const overlayPrefix = /^(trusted|user)\.overlay\./

/**
 * Whether an extended attribute travels with a layer. Kept: file capabilities, the user namespace, POSIX ACLs.
 * Left out: overlay's own (forged ones would redirect the merged tree), other `trusted.*`, and labels that are the
 * policy of one host (`security.selinux`, `.ima`, `.evm`, `.apparmor`). BuildKit's own diffs carry only capabilities,
 * but every engine applies the others; without them a step would see less after a layer went through its tar.
 */
export const belongsInLayer = (name: string): boolean =>
  name === 'security.capability' ||
  name === 'system.posix_acl_access' ||
  name === 'system.posix_acl_default' ||
  (name.startsWith('user.') && !overlayPrefix.test(name))
