import type { StepCgroup } from '../../build/ops/index.ts'
