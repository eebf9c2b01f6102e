import type { FlagCommand } from '../flag-table.ts'
import { collect } from '../images/parse-verb.ts'
import { progressKinds } from '../progress/choose.ts'

/** `FLAGS` as commander writes them, and what the help says. */
type Row = readonly [flags: string, help: string]

/** May be given several times. */
const lists: readonly Row[] = [
  ['-t, --tag <name>', 'name the image, NAME[:TAG]'],
  ['--build-arg <name=value>', 'set an ARG; without =value it is taken from the environment'],
  ['--build-context <name=source>', 'a further context for FROM, COPY --from and RUN --mount=from'],
  ['--label <key=value>', 'add a label to the image'],
  [
    '--annotation <key=value>',
    'add an annotation, [manifest|index|manifest-descriptor|index-descriptor[PLATFORM]:]KEY=VALUE',
  ],
  ['--no-cache-filter <stages>', 'execute every step of these stages'],
  ['--cache-from <spec>', 'further build cache: NAME, type=registry,ref=NAME or type=local,src=DIR'],
  ['--cache-to <spec>', 'write build cache: type=registry,ref=NAME|local,dest=DIR|inline[,mode=min|max]'],
  ['-o, --output <spec>', 'type=docker|oci|tar|local|image|cacheonly[,dest=PATH], a directory, or -'],
  ['--secret <spec>', 'for RUN --mount=type=secret: id=ID[,src=FILE|,env=NAME]'],
  ['--ssh <spec>', 'for RUN --mount=type=ssh: default or ID[=SOCKET|KEY[,KEY]]'],
  ['--allow <entitlement>', 'let steps have network.host, security.insecure or device'],
  ['--add-host <name:address>', 'add a line to /etc/hosts of RUN'],
  ['--ulimit <name=soft[:hard]>', 'limit a resource of RUN, such as nofile=1024:2048'],
  ['--resource <key=value>', 'limit each RUN: memory, memory-swap, cpu-shares, cpu-quota, ...'],
  ['--platform <os/arch>', 'platform to build for; several make an index of one image each'],
]

/** Given once; the last one counts. */
const texts: readonly Row[] = [
  ['-f, --file <path>', 'the Dockerfile (default: CONTEXT/Dockerfile; - is standard input)'],
  ['--target <stage>', 'build this stage instead of the last one'],
  ['--call <method>', 'check, outline or targets instead of building; [,format=json]'],
  ['--iidfile <path>', 'write the image id to a file'],
  ['--metadata-file <path>', 'write what was built to a file, as JSON'],
  ['--shm-size <bytes>', 'size of /dev/shm of RUN'],
  ['-m, --memory <bytes>', 'limit the memory of each RUN'],
  ['--memory-swap <bytes>', 'limit memory and swap together; -1 is unlimited'],
  ['-c, --cpu-shares <n>', 'weight of each RUN among all that wants the CPU'],
  ['--cpu-period <microseconds>', 'period that --cpu-quota is a part of'],
  ['--cpu-quota <microseconds>', 'CPU time that each RUN may use in a period'],
  ['--cpuset-cpus <list>', 'CPUs for RUN, such as 0-2,4'],
  ['--cpuset-mems <list>', 'memory nodes for RUN'],
  ['--cgroup-parent <path>', 'cgroup below which those of the steps are made'],
  ['--jobs <n>', 'steps that may run at the same time (default: the number of CPUs, at least 4)'],
  ['--root <dir>', 'the store (default: TSBUILD_ROOT or /var/lib/tsbuild)'],
]

const switches: readonly Row[] = [
  ['--no-cache', 'execute every step'],
  ['-q, --quiet', 'print only the image id'],
  ['--check', 'look for mistakes in the Dockerfile instead of building'],
  ['--fix', 'with --check: mend what can be mended without asking'],
  ['--squash', 'make one layer of those of this build'],
  ['--rewrite-timestamp', 'give files of new layers the time of SOURCE_DATE_EPOCH, if they are newer'],
  ['--no-sync', 'do not wait until the image is on the disk'],
  ['--pull', 'ask the registry for newer base images; --pull=missing|never|always'],
  ['--push', 'send the image to the registries of its names'],
  ['--load', 'accepted: the image is in the store in any case'],
]

/** What docker takes and what means nothing here, or is refused with a reason: not in the help. */
const hidden: readonly Row[] = [
  ['--rm', ''],
  ['--force-rm', ''],
  ['--compress', ''],
  ['-D, --debug', ''],
]
const hiddenTexts: readonly Row[] = [
  ['--pull-policy <policy>', ''],
  ['--builder <name>', ''],
  ['--isolation <kind>', ''],
  ['--provenance <value>', ''],
  ['--sbom <value>', ''],
]
const hiddenLists: readonly Row[] = [
  ['--attest <spec>', ''],
  ['--security-opt <option>', ''],
  ['--policy <spec>', ''],
]

/** The options of `tsbuild build`: all that `docker buildx build` has for a builder on this machine. */
export const defineBuild = <C extends FlagCommand>(command: C): C => {
  const add = (rows: readonly Row[], { list = false, hide = false } = {}): void => {
    for (const [flags, help] of rows) {
      const option = command.createOption(flags, help && list ? `${help} (repeatable)` : help)
      // Of --no-cache-filter commander says that it was true before.
      if (list)
        option.argParser((value, before: unknown) => collect(value, Array.isArray(before) ? before : []))
      command.addOption(option.hideHelp(hide))
    }
  }
  command
    .usage('[options] CONTEXT')
    .description('Build an image from a Dockerfile')
    .argument(
      '[context]',
      'what COPY and ADD may use: a directory, a URL of an archive or a git repository, or - for an archive or a Dockerfile on standard input',
    )
  add(lists, { list: true })
  add(texts)
  command
    .addOption(
      command
        .createOption('--network <mode>', 'network of RUN: default, none or host')
        .default('default')
        .choices(['default', 'none', 'host']),
    )
    .addOption(
      command
        .createOption('--progress <view>', 'how to show progress (default: BUILDKIT_PROGRESS or auto)')
        .choices([...progressKinds]),
    )
  add(switches)
  add(hidden, { hide: true })
  add(hiddenTexts, { hide: true })
  add(hiddenLists, { list: true, hide: true })
  return command
}
