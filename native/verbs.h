/* One function per verb: `tsbuild-native VERB ARGS`; argv[0] is the verb. The result is the exit code. */
#pragma once

int again_main(int argc, char **argv);
int exec_main(int argc, char **argv);
int steps_main(int argc, char **argv);
int inflate_main(int argc, char **argv);
int init_main(int argc, char **argv);
int net_main(int argc, char **argv);
int attach_main(int argc, char **argv);
int front_main(int argc, char **argv);
int gzip_main(int argc, char **argv);
int launch_main(int argc, char **argv) __attribute__((weak));
int monitor_main(int argc, char **argv) __attribute__((weak));
int fsops_main(int argc, char **argv) __attribute__((weak));
