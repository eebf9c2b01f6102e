import type { Volume } from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'

/** A volume with docker's members. */
export const shownVolume = (volume: Volume): Readonly<Record<string, unknown>> => ({
  CreatedAt: volume.created.replace(/\.\d+Z$/, 'Z'),
  Driver: 'local',
  Labels: orNull(volume.labels),
  Mountpoint: volume.mountpoint,
  Name: volume.name,
  Options: orNull(volume.options),
  Scope: 'local',
})

const orNull = (texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null =>
  Object.keys(texts).length === 0
    ? null
    : Object.fromEntries(Object.entries(texts).sort(([a], [b]) => byCodeUnit(a, b)))
