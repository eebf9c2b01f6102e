/* Hands the master side of a terminal to who listens on a socket (runtime-spec: process.terminal with --console-socket). */
#pragma once
#include "err.h"

int console_socket_send(const char *path, int terminal, struct err *e);
