/* Words of --publish. */
#include "../monitor.h"

#include <string.h>

#include "check.h"

int main(void)
{
	static const char *const good[] = {"tcp,0.0.0.0,8080,80", "tcp,::,8080,80", "udp,127.0.0.1,0,53", "tcp,::1,65535,1",
					   "tcp,0.0.0.0,8000-8010,80"};
	static const char *const bad[] = {"", "tcp", "tcp,0.0.0.0,8080", "tcp,0.0.0.0,8080,80,1", "sctp,0.0.0.0,1,1",
					  "tcp,host,1,1", "tcp,0.0.0.0,65536,1", "tcp,0.0.0.0,-1,1", "tcp,0.0.0.0,,1",
					  "tcp,0.0.0.0,1,", "tcp,,1,1", "tcp,0.0.0.0,2-1,1", "tcp,0.0.0.0,0-1,1", "tcp,0.0.0.0,1-,1",
					  "tcp,0.0.0.0,-2,1"};
	for (unsigned i = 0; i < sizeof good / sizeof *good; i++) CHECK(proxy_add(good[i]));
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!proxy_add(bad[i]));
	char long_text[400];
	memset(long_text, '1', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	CHECK(!proxy_add(long_text));
	proxy_close();
	return 0;
}
