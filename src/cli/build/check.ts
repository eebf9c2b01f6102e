import {
  type BuildOptions,
  type CheckReport,
  checkBuild,
  checkSarif,
  outlineBuild,
  type Store,
  targetsOfBuild,
} from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { renderDiagnostics } from '../fail.ts'
import { interruptible } from '../interrupt.ts'
import { version } from '../version.ts'
import type { BuildCall } from './call-option.ts'
import { checkJson, outlineJson, targetsJson } from './check-json.ts'
import { checkText, outlineText, targetsText } from './check-text.ts'
import { fixDockerfile } from './fix-dockerfile.ts'

/** --check and --call. Returns the exit code: 1 for warnings as docker does, 65 for a file that does not build. */
export const runCheck = async (
  call: BuildCall,
  fix: boolean,
  options: BuildOptions,
  store: Store,
  cli: CliContext,
): Promise<number> => {
  const { dockerfile } = options
  const isText = call.format === 'text'
  switch (call.kind) {
    case 'outline': {
      const outline = await outlineBuild(options)
      cli.stdout.write(isText ? outlineText(outline) : json(outlineJson(outline, dockerfile)))
      return exitCode.ok
    }
    case 'targets': {
      const targets = await targetsOfBuild(options)
      cli.stdout.write(isText ? targetsText(targets) : json(targetsJson(targets, dockerfile)))
      return exitCode.ok
    }
    case 'check': {
      using interrupt = interruptible()
      const checked = fix ? await fixDockerfile(options, store, cli, interrupt.signal) : options
      const report = await checkBuild(store, checked, interrupt.signal)
      writeReport(report, checked, call, cli)
      return call.ignoreStatus ? exitCode.ok : statusOf(report)
    }
  }
}

const writeReport = (
  report: CheckReport,
  { dockerfile }: BuildOptions,
  call: BuildCall,
  cli: CliContext,
): void => {
  switch (call.format) {
    case 'json':
      cli.stdout.write(json(checkJson(report, dockerfile)))
      return
    case 'sarif':
      cli.stdout.write(json(checkSarif(report, version)))
      return
    case 'text': {
      const sources = new Map([[dockerfile.name, dockerfile.text]])
      if (report.errors.length === 0 || report.findings.length > 0)
        cli.stdout.write(checkText(report, dockerfile))
      if (report.errors.length > 0) cli.stderr.write(renderDiagnostics(report.errors, sources))
      return
    }
  }
}

const statusOf = ({ errors, findings }: CheckReport): number => {
  if (errors.length > 0) return exitCode.badDockerfile
  return findings.some((each) => each.severity === 'warning') ? exitCode.failed : exitCode.ok
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
