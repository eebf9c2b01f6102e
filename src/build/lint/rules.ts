import type { Rule } from './types.ts'

const docs = 'https://docs.docker.com/go/dockerfile/rule/'

/** The order in which BuildKit looks: at the text, at single instructions, at all stages, at FROM lines, at what stages do. */
const phase = {
  text: 0,
  instruction: 1,
  stages: 2,
  casing: 3,
  defaults: 4,
  from: 5,
  base: 6,
  work: 7,
  own: 8,
} as const

const rule = (
  name: string,
  page: string,
  at: number,
  description: string,
  more: Pick<Rule, 'experimental'> = {},
): Rule => ({ name, description, url: `${docs}${page}/`, phase: at, ...more })

const ownRule = (name: string, section: string, description: string): Rule => ({
  name,
  description,
  url: `docs/checks.md#${section}`,
  own: true,
  phase: phase.own,
})

/** All checks by name: BuildKit's with its descriptions and addresses, then ours. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  [
    rule('StageNameCasing', 'stage-name-casing', phase.instruction, 'Stage names should be lowercase'),
    rule(
      'FromAsCasing',
      'from-as-casing',
      phase.instruction,
      "The 'as' keyword should match the case of the 'from' keyword",
    ),
    rule(
      'NoEmptyContinuation',
      'no-empty-continuation',
      phase.text,
      'Empty continuation lines will become errors in a future release',
    ),
    rule(
      'ConsistentInstructionCasing',
      'consistent-instruction-casing',
      phase.casing,
      'All commands within the Dockerfile should use the same casing (either upper or lower)',
    ),
    rule('DuplicateStageName', 'duplicate-stage-name', phase.stages, 'Stage names should be unique'),
    rule(
      'ReservedStageName',
      'reserved-stage-name',
      phase.stages,
      'Reserved words should not be used as stage names',
    ),
    rule(
      'JSONArgsRecommended',
      'json-args-recommended',
      phase.work,
      'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
    ),
    rule(
      'MaintainerDeprecated',
      'maintainer-deprecated',
      phase.instruction,
      'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
    ),
    rule('UndefinedArgInFrom', 'undefined-arg-in-from', phase.from, 'FROM command must use declared ARGs'),
    rule(
      'WorkdirRelativePath',
      'workdir-relative-path',
      phase.work,
      'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
    ),
    rule('UndefinedVar', 'undefined-var', phase.work, 'Variables should be defined before their use'),
    rule(
      'MultipleInstructionsDisallowed',
      'multiple-instructions-disallowed',
      phase.work,
      'Multiple instructions of the same type should not be used in the same stage',
    ),
    rule(
      'LegacyKeyValueFormat',
      'legacy-key-value-format',
      phase.work,
      'Legacy key/value format with whitespace separator should not be used',
    ),
    // BuildKit gives this one no address.
    {
      name: 'InvalidBaseImagePlatform',
      description: 'Base image platform does not match expected target platform',
      phase: phase.base,
    },
    rule(
      'RedundantTargetPlatform',
      'redundant-target-platform',
      phase.from,
      'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    ),
    rule(
      'SecretsUsedInArgOrEnv',
      'secrets-used-in-arg-or-env',
      phase.work,
      'Sensitive data should not be used in the ARG or ENV commands',
    ),
    rule(
      'InvalidDefaultArgInFrom',
      'invalid-default-arg-in-from',
      phase.defaults,
      'Default value for global ARG results in an empty or invalid base image name',
    ),
    rule(
      'FromPlatformFlagConstDisallowed',
      'from-platform-flag-const-disallowed',
      phase.from,
      'FROM --platform flag should not use a constant value',
    ),
    rule(
      'CopyIgnoredFile',
      'copy-ignored-file',
      phase.work,
      'Attempting to Copy file that is excluded by .dockerignore',
      { experimental: true },
    ),
    rule(
      'InvalidDefinitionDescription',
      'invalid-definition-description',
      phase.instruction,
      'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
      { experimental: true },
    ),
    rule(
      'ExposeProtoCasing',
      'expose-proto-casing',
      phase.work,
      'Protocol in EXPOSE instruction should be lowercase',
    ),
    rule(
      'ExposeInvalidFormat',
      'expose-invalid-format',
      phase.work,
      'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
    ),
    ownRule(
      'RootOwnedCopy',
      'rootownedcopy',
      'Files that COPY and ADD make after USER belong to root unless --chown says otherwise',
    ),
    ownRule(
      'PackageCacheKept',
      'packagecachekept',
      'Caches of package managers should not stay in the layers of the image',
    ),
    ownRule(
      'AptUpdateAlone',
      'aptupdatealone',
      'Package lists should be updated in the RUN that installs from them, because its layer may come from the cache',
    ),
    ownRule(
      'IgnorePatternUnused',
      'ignorepatternunused',
      'Patterns of the ignore file should match something in the build context',
    ),
  ].map((each) => [each.name, each] as const),
)
