import type { PlaceWishes, StepCgroup, StepPlace } from '../../build/ops/index.ts'
import { InternalError } from '../../foundation/errors/index.ts'
import { openStepLane, runContainer, type StepLane } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { BridgeAttachment } from '../../runtime/network/index.ts'
import { stepCgroups } from './step-cgroup.ts'
import { attachStep, type StepNetworkKind, stepNetwork } from './step-network.ts'
import { sweepSteps } from './sweep.ts'
import type { BuildOptions } from './types.ts'

/** Where the RUN steps of one build run. */
export interface StepPlaces {
  take(kind: StepNetworkKind, wishes: PlaceWishes): Promise<StepPlace>
  /** Resolves when nothing is left of any. None is taken afterwards. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Steps that run at the same time have a place each. One that is free again is taken by the next step with the same kind of network
 * (`StepLane`), unless the build has limits: each step has all of them for itself.
 */
export const createStepPlaces = (
  options: Pick<BuildOptions, 'resources' | 'cgroupParent'>,
  runRoot: HostPath,
): StepPlaces => {
  const cgroups = removedAtExit(stepCgroups(options))
  let swept = false
  const isLimited = Object.values(options.resources ?? {}).some((limit) => limit !== undefined)
  const idle: SharedPlace[] = []
  const ending = new Set<Promise<void>>()
  const end = (place: SharedPlace): void => {
    const ended = endPlace(place).finally(() => ending.delete(ended))
    ending.add(ended)
  }
  const takeIdle = (kind: StepNetworkKind): SharedPlace | undefined => {
    const at = idle.findIndex((place) => place.kind === kind)
    return at < 0 ? undefined : idle.splice(at, 1)[0]
  }
  const close = async (): Promise<void> => {
    for (const place of idle.splice(0)) end(place)
    await Promise.all(ending)
  }
  return {
    async take(kind, wishes) {
      // By whoever is going to add to it: a build that is cached from end to end does not look.
      if (!swept) sweepSteps(runRoot)
      swept = true
      if (wishes.alone || isLimited) return placeAlone(kind, wishes, runRoot, cgroups)
      const place = takeIdle(kind) ?? (await openPlace(kind, runRoot))
      return {
        network: stepNetwork(kind, place.attachment, wishes),
        cgroup: (id, resources) => cgroupIn(place, JSON.stringify(resources), () => cgroups(id, resources)),
        run: (request, { onOutput, onStubs, signal }) =>
          place.lane.run(request, { signal, onOutput, onStubs }),
        release: () => {
          if (place.lane.isUsable()) idle.push(place)
          else end(place)
        },
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Of all builds of this process: one listener is enough. */
const made = new Set<() => void>()

const removeMade = (): void => {
  for (const remove of made) remove()
}

/** A second Ctrl-C ends the process at once: the helper, which goes on for a moment, knows only the cgroups that it was told of. */
const removedAtExit =
  (make: StepPlace['cgroup']): StepPlace['cgroup'] =>
  (id, resources) => {
    if (!process.listeners('exit').includes(removeMade)) process.on('exit', removeMade)
    const cgroup = make(id, resources)
    const remove = (): void => {
      made.delete(remove)
      cgroup.remove()
    }
    made.add(remove)
    return { ...cgroup, remove }
  }

interface SharedPlace {
  readonly kind: StepNetworkKind
  readonly lane: StepLane
  readonly attachment: BridgeAttachment | undefined
  /** Made for the first step. */
  cgroup?: StepCgroup & { readonly made: string }
}

/** The helper comes up while an address is claimed. */
const openPlace = async (kind: StepNetworkKind, runRoot: HostPath): Promise<SharedPlace> => {
  const lane = openStepLane()
  try {
    return { kind, lane, attachment: await attachStep(kind, runRoot) }
  } catch (error) {
    await lane.close()
    throw error
  }
}

/** Steps with nothing of their own have the same rules. */
const cgroupIn = (place: SharedPlace, resources: string, make: () => StepCgroup): StepCgroup => {
  place.cgroup ??= { ...make(), made: resources }
  if (place.cgroup.made !== resources)
    throw new InternalError(`run a step: its cgroup is made for ${place.cgroup.made}`)
  return { ...place.cgroup, remove: () => undefined }
}

const endPlace = async ({ lane, attachment, cgroup }: SharedPlace): Promise<void> => {
  await lane.close()
  // The helper has removed them, unless it was killed.
  cgroup?.remove()
  attachment?.release()
}

const placeAlone = async (
  kind: StepNetworkKind,
  wishes: PlaceWishes,
  runRoot: HostPath,
  cgroup: StepPlace['cgroup'],
): Promise<StepPlace> => {
  const attachment = await attachStep(kind, runRoot)
  const io = { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const
  return {
    network: stepNetwork(kind, attachment, wishes),
    cgroup,
    run: (request, { onOutput, onStubs, signal }) => runContainer(request, io, { signal, onOutput, onStubs }),
    release: () => attachment?.release(),
  }
}
