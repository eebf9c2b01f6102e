import { AppError } from '../../../foundation/errors/index.ts'

/** A template that cannot be read (exit code 64, as docker's) or that asks for what is not there (1). */
export const badTemplate = (format: string, why: string, hint?: string, exitCode = 64): AppError =>
  new AppError('bad-template', `--format ${JSON.stringify(format)}: ${why}`, {
    exitCode,
    hint: hint ?? "templates are Go's: {{.Field}}, {{json .Field}}, {{range .List}}{{.}}{{end}}",
  })
