import { runTsrunc } from './runc/program.ts'

void runTsrunc()
