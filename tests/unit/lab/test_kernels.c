// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kernel of the archive a name stands for, given a package list as apt prints it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/lab/image/kernels.h"

/* A stanza as `apt-cache show` prints it. */
#define IMAGE(name, version, parts) \
	"Package: " name "\nSource: linux-signed\nVersion: " version "\nArchitecture: amd64\n" \
	"Depends: kmod, dracut | linux-initramfs-tool" parts "\nPre-Depends: linux-base\n\n"
#define PARTS(abi, version) \
	", linux-base-" abi " (= " version "), linux-binary-" abi " (= " version \
	"), linux-modules-" abi " (= " version ")"

/*
 * What a release has: its own kernel, older versions of it, a newer series, and packages that are
 * not images.
 */
static const char stable[] = IMAGE("linux-image-6.1.0-47-cloud-amd64", "6.1.170-3", "") IMAGE(
	"linux-image-6.1.0-47-amd64", "6.1.170-3",
	"") IMAGE("linux-image-6.1.0-56-cloud-amd64", "6.1.192-2",
		  "") IMAGE("linux-image-6.1.0-56-amd64", "6.1.192-2",
			    "") IMAGE("linux-image-6.1.0-57-cloud-amd64-unsigned", "6.1.192-3", "")
	IMAGE("linux-image-6.1.0-57-amd64-unsigned", "6.1.192-3",
	      "") IMAGE("linux-image-6.12-cloud-amd64", "6.12.117-1~deb12u1",
			", linux-image-6.12.117+deb12-cloud-amd64 (= 6.12.117-1~deb12u1)")
		IMAGE("linux-image-6.12.107+deb12-cloud-amd64", "6.12.107-1~deb12u1", "") IMAGE(
			"linux-image-6.12.107+deb12-cloud-amd64-unsigned", "6.12.107-1~deb12u1",
			"") IMAGE("linux-image-6.12.117+deb12-cloud-amd64", "6.12.117-1~deb12u1",
				  "") IMAGE("linux-image-cloud-amd64", "6.1.192-2", "")
			IMAGE("linux-image-6.1.0-56-rt-amd64", "6.1.192-2",
			      "") IMAGE("linux-image-6.1.0-56-cloud-amd64-dbg", "6.1.192-2", "")
				IMAGE("linux-image-amd64-signed-template", "6.1.192-3", "")
					IMAGE("linux-image-6.1.0-99-cloud-arm64", "6.1.199-1", "");

static const char backports[] = IMAGE("linux-image-6.16.3+deb13-amd64", "6.16.3-1~bpo13+1", "")
	IMAGE("linux-image-6.16.12+deb13-cloud-amd64", "6.16.12-1~bpo13+1",
	      "") IMAGE("linux-image-6.16.3+deb13-cloud-amd64", "6.16.3-1~bpo13+1", "")
		IMAGE("linux-image-6.12.90+deb12-cloud-amd64", "6.12.90-1~bpo12+1", "")
			IMAGE("linux-image-6.12.90+deb12.1-cloud-amd64", "6.12.90-2~bpo12+1", "")
				IMAGE("linux-image-7.1.13+deb13-amd64", "7.1.13-1~bpo13+1", "")
	/*
	 * Two images without their modules in the archive, one of which has a package whose name
	 * only begins alike.
	 */
	IMAGE("linux-image-7.0.9+deb13-cloud-amd64", "7.0.9-1~bpo13+1",
	      PARTS("7.0.9+deb13-cloud-amd64", "7.0.9-1~bpo13+1"))
		IMAGE("linux-image-7.0.13+deb13-cloud-amd64", "7.0.13-1~bpo13+1",
		      PARTS("7.0.13+deb13-cloud-amd64", "7.0.13-1~bpo13+1"))
			IMAGE("linux-image-7.2.6+deb13-cloud-amd64", "7.2.6-1~bpo13+1",
			      PARTS("7.2.6+deb13-cloud-amd64", "7.2.6-1~bpo13+1"))
				IMAGE("linux-image-7.2.9+deb13-cloud-amd64", "7.2.9-1~bpo13+1",
				      PARTS("7.2.9+deb13-cloud-amd64", "7.2.9-1~bpo13+1"));

static const char names[] = "linux-image-6.12.117+deb12-cloud-amd64\n"
			    "linux-binary-7.0.9+deb13-cloud-amd64\n"
			    "linux-binary-7.0.13+deb13-cloud-amd64\n"
			    "linux-modules-7.0.13+deb13-cloud-amd64-dbg\n"
			    "linux-binary-7.2.6+deb13-cloud-amd64\n"
			    "linux-binary-7.2.9+deb13-cloud-amd64\n"
			    "linux-modules-7.2.6+deb13-cloud-amd64\n";

static struct kernel_list list;

static int set_up(void **state)
{
	(void)state;
	return kernel_list__add(&list, "stable", stable, names, NULL) ||
	       kernel_list__add(&list, "backports", backports, names, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	kernel_list__free(&list);
	return 0;
}

static const char *chosen(const char *text)
{
	const struct kernel_image *image;
	struct kernel_name name;

	assert_int_equal(kernel_name__parse(&name, text, NULL), 0);
	image = kernel_list__choose(&list, &name);
	return image ? image->package.name : "none";
}

static void names_find_their_image(void **state)
{
	static const struct {
		const char *name, *package;
	} table[] = {
		/* a version, in full or only upstream's part */
		{ "6.12.107", "linux-image-6.12.107+deb12-cloud-amd64" },
		{ "6.12.107-1~deb12u1", "linux-image-6.12.107+deb12-cloud-amd64" },
		{ "6.1.170", "linux-image-6.1.0-47-cloud-amd64" },
		{ "6.12.90-1", "linux-image-6.12.90+deb12-cloud-amd64" },
		/* an ABI name, as the packages and uname -r have it */
		{ "6.1.0-47", "linux-image-6.1.0-47-cloud-amd64" },
		{ "6.12.90+deb12", "linux-image-6.12.90+deb12-cloud-amd64" },
		{ "6.12.90+deb12.1", "linux-image-6.12.90+deb12.1-cloud-amd64" },
		{ "6.16.3+deb13-cloud-amd64", "linux-image-6.16.3+deb13-cloud-amd64" },
		{ "6.16.3+deb13-amd64", "linux-image-6.16.3+deb13-amd64" },
		{ "linux-image-6.1.0-47-amd64", "linux-image-6.1.0-47-amd64" },
		/*
		 * a series: the newest of it, compared by numbers, signed if there is a signed one
		 */
		{ "6.16", "linux-image-6.16.12+deb13-cloud-amd64" },
		{ "6.1", "linux-image-6.1.0-56-cloud-amd64" },
		{ "6.12.90", "linux-image-6.12.90+deb12.1-cloud-amd64" },
		{ "generic-6.16", "linux-image-6.16.3+deb13-amd64" },
		/* there is only an unsigned one */
		{ "6.1.192-3", "linux-image-6.1.0-57-cloud-amd64-unsigned" },
		/* no part of a number, no other flavour, no other architecture */
		{ "6.16.1", "none" },
		{ "6.1.0-5", "none" },
		{ "7.1", "none" },
		{ "6.1.199", "none" },
		{ "6.12.1", "none" },
		{ "cloud", "none" },
		/* only complete kernels */
		{ "7.2", "linux-image-7.2.6+deb13-cloud-amd64" },
		{ "7.0", "none" },
		{ "7.2.9", "none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(chosen(table[i].name), table[i].package);
}

static void a_series_may_come_by_its_metapackage(void **state)
{
	(void)state;
	/* Two packages of one version; apt__kernel_parts() decides between them. */
	assert_non_null(strstr(chosen("6.12"), "linux-image-6.12"));
}

static void what_is_not_there_has_neighbours(void **state)
{
	struct kernel_name name;
	char text[400];

	(void)state;
	assert_int_equal(kernel_name__parse(&name, "6.12.100", NULL), 0);
	kernel_list__nearest(&list, &name, text, sizeof(text));
	assert_string_equal(
		text,
		"; nearest are 6.12.90-2~bpo12+1 (backports) and 6.12.107-1~deb12u1 (stable)");
	assert_int_equal(kernel_name__parse(&name, "7.1", NULL), 0);
	kernel_list__nearest(&list, &name, text, sizeof(text));
	assert_string_equal(
		text,
		"; nearest are 6.16.12-1~bpo13+1 (backports) and 7.2.6-1~bpo13+1 (backports); "
		"the usual flavour has it: debian:generic-7.1");
	assert_int_equal(kernel_name__parse(&name, "99", NULL), 0);
	kernel_list__nearest(&list, &name, text, sizeof(text));
	assert_string_equal(text, "; nearest is 7.2.6-1~bpo13+1 (backports)");
	assert_int_equal(kernel_name__parse(&name, "7.0.9", NULL), 0);
	kernel_list__nearest(&list, &name, text, sizeof(text));
	assert_non_null(strstr(
		text,
		"of linux-image-7.0.9+deb13-cloud-amd64 7.0.9-1~bpo13+1 (backports) it has no "
		"linux-modules-7.0.9+deb13-cloud-amd64 any more"));
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const none[] = { "",	       "generic-", "6.1/../..",
					    "6.1 6.2", "Debian",   "6.1\n" };
	struct kernel_name name;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(kernel_name__parse(&name, none[i], &err), -EINVAL);
}

static void versions_are_ordered_as_dpkg_does(void **state)
{
	/* Ascending. */
	static const char *const versions[] = {
		"5.10.218-1",	      "5.10.223-1",   "6.1.9-1",       "6.1.10-1",
		"6.12~rc1-1~exp1",    "6.12-1~exp1",  "6.12-1",	       "6.12.107-1~bpo12+1",
		"6.12.107-1~deb12u1", "6.12.107-1",   "6.12.107-1+b1", "6.12.107-2",
		"6.12.107a-1",	      "6.12.107+x-1",
	};
	const size_t nr = sizeof(versions) / sizeof(versions[0]);

	(void)state;
	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < nr; k++) {
			int diff = deb_version__compare(versions[i], versions[k]);

			assert_int_equal((diff > 0) - (diff < 0), (i > k) - (i < k));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_find_their_image),
		cmocka_unit_test(a_series_may_come_by_its_metapackage),
		cmocka_unit_test(what_is_not_there_has_neighbours),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(versions_are_ordered_as_dpkg_does),
	};

	return cmocka_run_group_tests_name("kernels", tests, set_up, tear_down);
}
