/** One file of a layer. Everything that two builders must agree about. */
export interface Entry {
  readonly type: string
  /** Four octal digits. */
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly size?: number
  /** Start of the SHA-256 of the content of a file. */
  readonly digest?: string
  /** Target of a symbolic link. */
  readonly link?: string
  /** MAJOR:MINOR */
  readonly device?: string
  /** All names of a file with more than one, in the same layer. */
  readonly names?: string
  readonly xattrs?: Readonly<Record<string, string>>
  /** Seconds; `now` is a time of the build. */
  readonly mtime: number | 'now'
}

/** By path: `a/b`, the root is ``. Marks of whiteouts are entries too. */
export type Layer = ReadonlyMap<string, Entry>

export type JsonObject = Readonly<Record<string, unknown>>

/** A built image without what is the same in no two builds (times of creation, ids) and without what its base brings. */
export interface BuiltImage {
  readonly kind: 'built'
  /** The lowest layers are those of the base image of all cases. */
  readonly onBase: boolean
  /** Members of the image's JSON beside config, history and rootfs. */
  readonly image: JsonObject
  readonly config: JsonObject
  readonly history: readonly JsonObject[]
  readonly layers: readonly Layer[]
}

/** `message` is what the builder said at its end. */
export interface Refusal {
  readonly kind: 'refused'
  readonly message: string
}

export type Result = BuiltImage | Refusal

/** What case.json says. */
export interface CaseOptions {
  /** What the case is for, in one sentence. */
  readonly title: string
  /** Row of the feature list. */
  readonly feature: string
  /** As for `docker build`; `@SERVER@` is the address of the case's `served` directory. */
  readonly options: readonly string[]
  /** Behind the options; the context, most often `.`. */
  readonly arguments: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** A file that is given as standard input. */
  readonly stdin?: string
  /** Images that are built first: Dockerfile by name. */
  readonly before: Readonly<Record<string, string>>
  /** Why tsbuild refuses what docker accepts. */
  readonly stricter?: string
  /** Why tsbuild accepts what the recorded docker refuses. */
  readonly looser?: string
  /** Strings that must be nowhere in the image or in what tsbuild says. */
  readonly secret: readonly string[]
}

export interface Case {
  readonly name: string
  readonly directory: string
  readonly options: CaseOptions
}

/** One thing in which two results differ. */
export interface Difference {
  readonly part: 'result' | 'tree' | 'mtime' | 'layer' | 'config' | 'history'
  readonly where: string
  readonly field: string
  readonly docker: string
  readonly ours: string
  /** Type of the file, for `mtime`. */
  readonly type?: string
  /** Index of the layer after which the trees differ so; absent when they do at the end. */
  readonly layer?: number
}
