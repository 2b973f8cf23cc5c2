// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/built_with.h"

#include <string.h>

#include <bpf/libbpf.h>
#include <jansson.h>
#include <sqlite3.h>
#include <zlib.h>
#ifdef HAVE_LIBDW
#include <elfutils/version.h>
#endif
#ifdef HAVE_LIBPQ
#include <libpq-fe.h>
#endif
/* Only of a libperf that was built with hvbench; the system's has its version from pkg-config. */
#if __has_include(<hvbench_libperf.h>)
#include <hvbench_libperf.h>
#endif

#include "version.h"

#define TEXT_(x) #x
#define TEXT(x)	 TEXT_(x)

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void print(FILE *out, const char *what, const char *is)
{
	fprintf(out, "  %-13s %s\n", what, is);
}

static void print_library(FILE *out, const char *what, const char *loaded, const char *headers)
{
	bool same = !strncmp(loaded, headers, strlen(headers));

	fprintf(out, "  %-13s %s%s%s%s\n", what, loaded, same ? "" : " (built with headers of ",
		same ? "" : headers, same ? "" : ")");
}

void built_with__print(FILE *out)
{
	const char *libbpf = libbpf_version_string();

	fprintf(out, "hvbench %s (commit %s)\n", HVBENCH_VERSION, HVBENCH_COMMIT);
	print(out, "machine", HVBENCH_ARCH);
	print(out, "compiler", COMPILER);
	print(out, "eBPF compiler", HVBENCH_CLANG);
	print_library(out, "libbpf", libbpf + (*libbpf == 'v'),
		      TEXT(LIBBPF_MAJOR_VERSION) "." TEXT(LIBBPF_MINOR_VERSION));
#ifdef HVBENCH_LIBPERF
	print(out, "libperf", HVBENCH_LIBPERF);
#endif
	print_library(out, "jansson", jansson_version_str(), JANSSON_VERSION);
	print_library(out, "sqlite", sqlite3_libversion(), SQLITE_VERSION);
	print_library(out, "zlib", zlibVersion(), ZLIB_VERSION);
#ifdef HAVE_LIBPQ
	fprintf(out, "  %-13s yes, libpq %d.%d\n", "PostgreSQL", PQlibVersion() / 10000,
		PQlibVersion() % 10000);
#else
	print(out, "PostgreSQL", "no (built without libpq)");
#endif
#ifdef HAVE_LIBDW
	print(out, "source lines", "yes, libdw 0." TEXT(_ELFUTILS_VERSION));
#else
	print(out, "source lines", "no (built without libdw)");
#endif
#ifdef HVBENCH_SANITIZE
	print(out, "sanitizers", HVBENCH_SANITIZE);
#endif
}
