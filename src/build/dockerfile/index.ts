/**
 * Dockerfile text -> typed instructions per stage, with ranges and diagnostics. Pure.
 * What is an instruction and what it means is decided here by docker's rules; dockerfile-ast, which lets through what docker
 * refuses, points at the words that messages are about.
 */

export { type ExpandOptions, type Expansion, expand } from './expand.ts'
export { chompHeredoc, parseHeredocMark } from './heredoc.ts'
export { limits as dockerfileLimits } from './limits.ts'
export type { Part } from './locate.ts'
export type { MountProblem } from './mount-fields.ts'
export type {
  BindMountOption,
  CacheMountOption,
  MountOption,
  SecretMountOption,
  SshMountOption,
  TmpfsMountOption,
} from './mount-types.ts'
export { parseDockerfile } from './parse.ts'
export { fromOfMount, type MountOutcome, parseMount } from './parse-mount.ts'
export { parseTrigger } from './parse-trigger.ts'
export { type PointedDiagnostic, pointAtParts } from './point-at-parts.ts'
export { referenceOf, withReferences } from './reference-links.ts'
export type {
  ArgDeclaration,
  ArgInstruction,
  CheckOptions,
  CmdInstruction,
  CommandLine,
  CopyInstruction,
  Directive,
  EntrypointInstruction,
  EnvInstruction,
  EscapeCharacter,
  FromInstruction,
  HealthcheckInstruction,
  Heredoc,
  Instruction,
  LabelInstruction,
  MountText,
  NameValue,
  OnbuildInstruction,
  ParsedDockerfile,
  RunInstruction,
  ShellInstruction,
  Stage,
  StageInstruction,
  WordInstruction,
  WordsInstruction,
} from './types.ts'
