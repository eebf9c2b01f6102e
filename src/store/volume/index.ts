/** Named directories that outlive containers: made, filled and removed whole, safe against kill -9 and other processes. */
export { checkDriverOptions } from './driver-options.ts'
export { VolumeError, type VolumeErrorCode } from './errors.ts'
export { openVolumes } from './open-volumes.ts'
export type { HoldOptions, Volume, VolumeStore, VolumesHeld, VolumeWish } from './types.ts'
export { anonymousName, checkVolumeName } from './volume-name.ts'
export { anonymousLabel } from './volume-record.ts'
