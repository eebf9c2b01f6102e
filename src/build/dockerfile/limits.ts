/** Far above any honest Dockerfile, low enough that no input takes long (SECURITY row 68). */
export const limits = {
  /** UTF-16 code units of a Dockerfile. */
  textLength: 4 << 20,
  /** UTF-8 bytes of a line of the file without its newline, as in docker. */
  lineBytes: 65_535,
  instructions: 100_000,
  stages: 20_000,
  /** One expanded word: `ENV A=$A$A` doubles with every line. */
  wordLength: 1 << 20,
  /** `${a:-${b:-...}}` */
  nesting: 500,
  /** Steps of matching a `${name#pattern}`. */
  matchSteps: 10_000_000,
  /** Problems that are told in one run. */
  problems: 1_000,
  /** Diagnostics that point at a word rather than at the instruction, and how long that may be. */
  located: 200,
  locatedLength: 1 << 16,
} as const
