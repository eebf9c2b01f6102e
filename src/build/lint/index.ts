/**
 * What can be said of a Dockerfile without building it: checks (BuildKit's and ours) with the edits that solve them, the parameters of a
 * target, the list of targets, and all that as SARIF. Pure.
 */
export { applyFixes, type FixOutcome } from './apply-fixes.ts'
export { lintDockerfile } from './lint.ts'
export { linkStages, type StageLinks } from './needed-stages.ts'
export { type Outline, outlineTarget } from './outline.ts'
export { rules } from './rules.ts'
export { type SarifTool, sarifOf } from './sarif.ts'
export { listTargets, type Target } from './targets.ts'
export type { CheckSettings, LintRequest, LintResult, Rule, StageRequest } from './types.ts'
