/* The option string for old kernels. */
#include "overlay_options.h"

#include <errno.h>
#include <string.h>

#include "check.h"

int main(void)
{
	struct request_root r = {.upper = "/s/active/1/fs", .work = "/s/active/1/work", .overlay_volatile = true};
	struct overlay_text text;
	struct err e;
	char options[4096];
	strings_add(&r.lower, "/s/layers/aa/tree");
	strings_add(&r.lower, "/s/layers/ab/tree");
	CHECK(!overlay_options(&r, -1, &text, options, sizeof options, &e));
	CHECK(!strcmp(text.common, "/s/layers"));
	CHECK(!strcmp(options, "lowerdir=aa/tree:ab/tree,upperdir=/s/active/1/fs,workdir=/s/active/1/work,volatile,"
			       "redirect_dir=nofollow,metacopy=off,index=off"));
	strings_add(&r.lower, "/s/lay:er\\s");
	CHECK(!overlay_options(&r, 7, &text, options, sizeof options, &e));
	CHECK(!strcmp(text.common, "/s"));
	CHECK(strstr(options, ":lay\\:er\\\\s:/proc/self/fd/7,") && strstr(options, ",index=off"));
	strings_add(&r.lower, "/with,comma");
	CHECK(overlay_options(&r, -1, &text, options, sizeof options, &e) == -1 && e.number == EINVAL);
	r.lower.count = 3;
	for (int i = 0; i < 400; i++) strings_add(&r.lower, "/s/layers/0123456789abcdef/tree");
	CHECK(overlay_options(&r, -1, &text, options, sizeof options, &e) == -1 && e.number == E2BIG);
	free(r.lower.items);
	return 0;
}
