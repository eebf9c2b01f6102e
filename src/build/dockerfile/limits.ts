/** Far above any honest Dockerfile, low enough that no input takes long (SECURITY row 68). */
export const limits = {
  /** UTF-16 code units of a Dockerfile. */
  textLength: 1 << 20,
  instructions: 10_000,
  stages: 1_000,
  /** One expanded word: `ENV A=$A$A` doubles with every line. */
  wordLength: 1 << 20,
  /** Steps of matching a `${name#pattern}`. */
  matchSteps: 10_000_000,
  /** How often dockerfile-ast may be asked again after it lost its place. */
  restarts: 100,
} as const
