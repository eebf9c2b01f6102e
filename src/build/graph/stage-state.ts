import type { HealthConfig, ImageConfig, Platform } from '../../foundation/oci/index.ts'
import type { PlannedHistory, ResolvedImage, VertexId } from './types.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The image config of a stage while its instructions are applied. Lists that docker keeps in order are maps here. */
export interface StageConfig {
  env: Map<string, string>
  labels: Map<string, string>
  exposedPorts: Set<string>
  volumes: Set<string>
  user: string
  workingDir: string
  entrypoint?: readonly string[] | undefined
  cmd?: readonly string[] | undefined
  argsEscaped?: boolean
  stopSignal?: string
  healthcheck?: Mutable<HealthConfig>
  onBuild: string[]
  shell?: readonly string[]
}

/** A stage up to the instruction that was applied last. */
export interface StageState {
  /** The file system so far; undefined is scratch. */
  root: VertexId | undefined
  /** ENV and ARG together, what variables expand to and RUN gets. */
  env: Map<string, string>
  /** ARGs in the order declared, for the `|1 NAME=value` of history. */
  buildArgs: Map<string, string | undefined>
  config: StageConfig
  history: HistoryList
  author?: string
  platform: Platform
  /** CMD was set in this stage, so ENTRYPOINT keeps it. */
  cmdIsSet: boolean
  /** WORKDIR was set in this stage or one it is from. */
  workdirIsSet: boolean
}

/** The last entry and those before it: a stage shares the history of the one it is from. */
export type HistoryList = { readonly entry: PlannedHistory; readonly before: HistoryList } | undefined

/** In order. */
export const historyEntries = (list: HistoryList): readonly PlannedHistory[] => {
  const entries: PlannedHistory[] = []
  for (let at = list; at; at = at.before) entries.push(at.entry)
  return entries.reverse()
}

/** The other way round. */
export const historyOf = (entries: readonly PlannedHistory[]): HistoryList =>
  entries.reduce<HistoryList>((before, entry) => ({ entry, before }), undefined)

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** FROM scratch */
export const emptyState = (platform: Platform): StageState => ({
  root: undefined,
  env: new Map([['PATH', defaultPath]]),
  buildArgs: new Map(),
  config: {
    env: new Map([['PATH', defaultPath]]),
    labels: new Map(),
    exposedPorts: new Set(),
    volumes: new Set(),
    user: '',
    workingDir: '/',
    onBuild: [],
  },
  history: undefined,
  platform,
  cmdIsSet: false,
  workdirIsSet: false,
})

/** FROM an image, its root still to be set. A base without PATH gets docker's. ONBUILD triggers are not taken over. */
export const stateFromImage = (image: ResolvedImage): StageState => {
  const base = image.config
  const config = base.config ?? {}
  const env = new Map((config.Env ?? []).map(splitPair))
  if (!env.has('PATH')) env.set('PATH', defaultPath)
  return {
    root: undefined,
    env: new Map(env),
    buildArgs: new Map(),
    config: {
      env,
      labels: new Map(Object.entries(config.Labels ?? {})),
      exposedPorts: new Set(Object.keys(config.ExposedPorts ?? {})),
      volumes: new Set(Object.keys(config.Volumes ?? {})),
      user: config.User ?? '',
      workingDir: config.WorkingDir ?? '',
      ...(config.Entrypoint ? { entrypoint: config.Entrypoint } : {}),
      ...(config.Cmd ? { cmd: config.Cmd } : {}),
      ...(config.ArgsEscaped === undefined ? {} : { argsEscaped: config.ArgsEscaped }),
      ...(config.StopSignal ? { stopSignal: config.StopSignal } : {}),
      ...(config.Healthcheck ? { healthcheck: config.Healthcheck } : {}),
      onBuild: [],
      ...(config.Shell ? { shell: config.Shell } : {}),
    },
    history: historyOf(base.history ?? []),
    ...(base.author ? { author: base.author } : {}),
    platform: platformOf(base),
    cmdIsSet: false,
    workdirIsSet: false,
  }
}

/** FROM another stage: all it has so far, ARGs included; its ONBUILD triggers are the caller's to run. */
export const stateFromStage = (base: StageState): StageState => ({
  ...base,
  env: new Map(base.env),
  buildArgs: new Map(base.buildArgs),
  config: {
    ...base.config,
    env: new Map(base.config.env),
    labels: new Map(base.config.labels),
    exposedPorts: new Set(base.config.exposedPorts),
    volumes: new Set(base.config.volumes),
    onBuild: [],
  },
  cmdIsSet: false,
})

/** How many entries `stateFromStage` copies. */
export const entriesOf = ({ buildArgs, env, config }: StageState): number =>
  env.size +
  buildArgs.size +
  config.env.size +
  config.labels.size +
  config.exposedPorts.size +
  config.volumes.size

/** Text before and after the first `=`. */
const splitPair = (pair: string): readonly [string, string] => {
  const equals = pair.indexOf('=')
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
}

const platformOf = (config: ImageConfig): Platform => ({
  os: config.os,
  architecture: config.architecture,
  ...(config.variant === undefined ? {} : { variant: config.variant }),
})
