/** Typed client of the C helper (native/); nobody else spawns it. */
export type {
  ContainerRequest,
  ExitStatus,
  NetworkSetup,
  RootMount,
  Stdio,
} from './types.ts'
