# SPDX-License-Identifier: GPL-2.0-or-later
#
# make help lists the goals. Everything made is under build/.

VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
ARCH     ?= $(shell uname -m)
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG    ?= clang
WERROR   ?=
# Debian keeps bpftool in a directory that is not in every user's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

B := build
comma := ,
# Objects, libraries and programs have a directory for each set of sanitizers.
O := $(B)$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))
HVBENCH := $(O)/hvbench

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
# With make -n, -q and -t nothing is installed. If one of these is given, the first word of
# MAKEFLAGS holds its letter; otherwise, depending on make's release, that word is empty or an
# option with a dash.
letters := $(filter-out -%,$(firstword $(MAKEFLAGS)))
dry_run := $(strip $(foreach letter,n q t,$(findstring $(letter),$(letters))))
MAKEFLAGS += --no-builtin-rules
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-8s%s\n' '$(1)' '$(2)')

# What the system has. scripts/deps.sh stops here with a list of what is missing; goals that
# promise to work on a bare system install it first.
alone := clean help deps uninstall check-distros dist deb rpm
ifneq ($(filter-out $(alone),$(or $(MAKECMDGOALS),all)),)
# If the file did not exist, make would complain about it before making it.
$(shell mkdir -p $(B)/gen && { [ -e $(B)/gen/system.mk ] || touch -d @0 $(B)/gen/system.mk; })
include $(B)/gen/system.mk
endif
installing := $(if $(dry_run),,$(filter demo check bench,$(MAKECMDGOALS)))
testing := $(filter tests check check-quick check-mutants lint,$(MAKECMDGOALS))
$(B)/gen/system.mk: scripts/deps.sh $(if $(installing)$(testing),FORCE)
	@scripts/deps.sh $(if $(installing),install,check) build $(if $(testing),check)
	$(if $(filter check,$(installing)),@scripts/deps.sh try lab run more roots)
	$(if $(filter demo bench,$(installing)),@scripts/deps.sh try run)
	@scripts/deps.sh makefile >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# #include "…" names headers from the root, except for arch.h, of which each architecture has one,
# and generated headers. -iquote applies to "…" only, so that <sched.h> is never probes/sched.h.
INCLUDES := $(addprefix -iquote ,. workloads/runtime/$(ARCH) $(B)/gen)
WARNINGS := -Wall -Wextra -Wshadow $(WERROR)
CPPFLAGS := $(CPPFLAGS) -D_GNU_SOURCE $(INCLUDES) $(LIB_CFLAGS) \
	$(if $(LIBPERF),-I$(B)/libperf/include)
CFLAGS   ?= -O2 -g
# Debug information does not depend on the directory: the same sources make the same bytes.
ANYWHERE := -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS := $(CFLAGS) -std=gnu11 $(WARNINGS) -pthread $(ANYWHERE)
LDLIBS   := $(LIBPERF) $(LIB_LDLIBS) -pthread -lm
ifdef SANITIZE
ALL_CFLAGS += -DHVBENCH_SANITIZE='"$(SANITIZE)"'
ALL_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

# The host's program

WORKLOADS := $(wildcard workloads/*.c)
OTHER_ARCHS := $(filter-out $(ARCH),x86_64 aarch64)
SOURCES := $(filter-out %.bpf.c bench/lab/plugin/plugin.c \
	$(addprefix bench/vmm/,$(addsuffix /%,$(OTHER_ARCHS))), \
	$(sort $(shell find bench reports probes -name '*.c' 2>/dev/null)))
JOBS := $(wildcard workloads/jobs/*.ini)
SKELETONS := $(patsubst probes/%.bpf.c,$(B)/gen/%.skel.h,$(wildcard probes/*.bpf.c))
# The native backend's part: the workloads and the code that times them.
WORKLOAD_OBJS := $(patsubst %.c,$(O)/%.o,$(WORKLOADS) workloads/runtime/measure.c)
OBJS := $(filter-out $(O)/bench/commands/main.o,$(SOURCES:%.c=$(O)/%.o)) $(WORKLOAD_OBJS) \
	$(O)/gen/jobs.o $(O)/gen/payload.o $(O)/gen/result_shape.o $(O)/gen/lab_plugin.o

compile = $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.c Makefile $(B)/gen/system.mk $(LIBPERF) | $(B)/gen/version.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(compile)

# The same loops as in the guest: without vector instructions, which the guest cannot use.
NATIVE_FLAGS_x86_64 := -mgeneral-regs-only
$(WORKLOAD_OBJS): ALL_CFLAGS := $(filter-out -O%,$(ALL_CFLAGS)) -O2 $(NATIVE_FLAGS_$(ARCH))

$(filter $(O)/probes/%,$(OBJS)): | $(SKELETONS)

# What these carry as it is.
$(filter $(O)/reports/charts/% $(O)/reports/views/% $(O)/bench/commands/%,$(OBJS)): \
	$(wildcard reports/charts/*.gp)
$(O)/reports/formats/html.o: reports/formats/report.css

$(O)/gen/%.o: $(B)/gen/%.c Makefile $(B)/gen/system.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(compile)

$(O)/gen/payload.o: $(B)/payload.elf
$(O)/gen/lab_plugin.o: $(B)/lab-plugin.so
$(O)/gen/payload.o $(O)/gen/lab_plugin.o: $(O)/gen/%.o: $(B)/gen/%.S
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -o $@ $<

$(O)/libhvbench.a: $(OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

# Commands, workloads, backends and lanes are reached only through the linker sections that collect
# them, so every object of the library has to be linked.
whole_library = -Wl,--whole-archive $(O)/libhvbench.a -Wl,--no-whole-archive
$(HVBENCH): $(O)/bench/commands/main.o $(O)/libhvbench.a $(LIBPERF)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(whole_library) $(LDLIBS)

# Generated sources

# A tarball has the commit in a file.
commit := $(shell if [ -e .git ]; then \
	git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null; \
	else sed -n 's/^commit //p' .release 2>/dev/null; fi)
$(B)/gen/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define HVBENCH_%s "%s"\n' VERSION '$(VERSION)' COMMIT '$(or $(commit),unknown)' \
		ARCH '$(ARCH)' CLANG "$$($(CLANG) --version | sed 's/ (.*//; q')" >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Each line of a job file becomes a string; only backslashes and quotes have to be escaped for C.
$(B)/gen/jobs.c: $(JOBS) $(wildcard workloads/jobs) Makefile
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q){ printf '#include "bench/plan/job.h"\n'; \
	  printf 'const struct embedded_job embedded_jobs[] = {\n'; \
	  for job in $(sort $(JOBS)); do \
		printf '{ "%s", ""\n' "$$(basename "$$job" .ini)"; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' "$$job"; \
		echo '},'; \
	  done; \
	  printf '{ NULL, NULL }\n};\n'; } >$@

# Documents are checked by tables made from their schemas.
$(B)/gen/schema-shapes: scripts/schema-shapes.c Makefile $(B)/gen/system.mk
	$(call say,HOST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 -std=gnu11 $(WARNINGS) -D_GNU_SOURCE $(LIB_CFLAGS) -o $@ $< $(LIB_LDLIBS)

$(B)/gen/%_shape.c: bench/result/%.schema.json $(B)/gen/schema-shapes
	$(call say,GEN,$@)
	$(Q)$(B)/gen/schema-shapes $< $*_shape >$@

# carry(NAME,FILE): embeds FILE unchanged, between hv_NAME_start and hv_NAME_end.
carry = @printf '%s\n' '.section .rodata' '.balign 4096' \
		'.globl hv_$(1)_start' 'hv_$(1)_start: .incbin "$(2)"' \
		'.globl hv_$(1)_end' 'hv_$(1)_end: .byte 0' \
		'.section .note.GNU-stack, "", %progbits' >$@

$(B)/gen/payload.S: Makefile
	@mkdir -p $(@D)
	$(call carry,payload,$(B)/payload.elf)

$(B)/gen/lab_plugin.S: Makefile
	@mkdir -p $(@D)
	$(call carry,lab_plugin,$(B)/lab-plugin.so)

# libperf, where the distribution has no package of it

$(B)/libperf/libperf.a: scripts/libperf.sh
	$(call say,BUILD,$@)
	$(Q)scripts/libperf.sh build $(@D)

# eBPF

BPF_ARCH_x86_64 := x86
BPF_ARCH_aarch64 := arm64
BPF_FLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH_$(ARCH)) -Wall $(WERROR) \
	     $(ANYWHERE) -iquote . \
	     -idirafter /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)

$(B)/bpf/%.bpf.o: probes/%.bpf.c Makefile
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< >$@

# The guest's program: one file for all hypervisors, the same bytes from the same sources

RUNTIME := $(wildcard workloads/runtime/*.c workloads/runtime/$(ARCH)/*.c \
	workloads/runtime/$(ARCH)/*.S)
PAYLOAD_OBJS := $(patsubst %,$(B)/payload/%.o,$(basename $(RUNTIME) $(WORKLOADS)))
PAYLOAD_LDS := workloads/runtime/$(ARCH)/payload.lds
# clang inserts calls of memcpy() where gcc does not; the payload has none.
PAYLOAD_CC := $(if $(findstring clang,$(CC)),gcc,$(CC))
PAYLOAD_FLAGS_x86_64 := -mno-red-zone -mcmodel=small -fcf-protection=none
PAYLOAD_CFLAGS := -O2 -std=gnu11 $(WARNINGS) $(ANYWHERE) -DHV_GUEST \
		  -ffreestanding -fno-pic \
		  -mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables \
		  $(PAYLOAD_FLAGS_$(ARCH)) \
		  $(addprefix -iquote ,. workloads/runtime/$(ARCH))
PAYLOAD_LDFLAGS := -no-pie -static -nostdlib -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	-Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -Wl,-T,$(PAYLOAD_LDS)

$(B)/payload/%.o: %.c Makefile
	$(call say,GUEST,$@)
	@mkdir -p $(@D)
	$(Q)$(PAYLOAD_CC) $(PAYLOAD_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/payload/%.o: %.S Makefile
	$(call say,GUEST,$@)
	@mkdir -p $(@D)
	$(Q)$(PAYLOAD_CC) $(PAYLOAD_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(B)/payload.elf: $(PAYLOAD_OBJS) $(PAYLOAD_LDS)
	$(call say,LD,$@)
	$(Q)$(PAYLOAD_CC) $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -o $@ $(PAYLOAD_OBJS)

# QEMU loads this to count what an exit touches; the functions it calls are QEMU's, found on
# loading.

PLUGIN_OBJS := $(patsubst %.c,$(B)/plugin/%.o,$(wildcard bench/lab/plugin/*.c))
PLUGIN_CFLAGS := -D_GNU_SOURCE $(ANYWHERE) -iquote . -O2 -std=gnu11 $(WARNINGS) -fPIC \
	-fvisibility=hidden
$(B)/plugin/%.o: %.c Makefile
	$(call say,PLUGIN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(PLUGIN_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/lab-plugin.so: $(PLUGIN_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-z,noexecstack -o $@ $^

# Tests: a program for each file of tests/unit, a whole payload for each of tests/payloads

# Objects that are reached only through a table have to be named: tests cannot link the whole
# library, since some of them include one of its sources for its static functions.
REGISTERED := $(patsubst %.c,$(O)/%.o,$(WORKLOADS) $(shell grep -lE '^DEFINE_[A-Z]+[^A-Z_]' \
	$(filter-out bench/commands/%,$(SOURCES))))

UNIT_TESTS := $(patsubst %.c,$(O)/%,$(sort $(shell find tests/unit -name '*.c' 2>/dev/null)))
TEST_PAYLOADS := $(patsubst %,$(B)/%.elf, \
	$(basename $(wildcard tests/payloads/*.c tests/payloads/*.S)))

$(O)/tests/%.o: CPPFLAGS += $(TEST_CFLAGS)
$(UNIT_TESTS): $(O)/tests/unit/%: $(O)/tests/unit/%.o $(REGISTERED) $(O)/libhvbench.a $(LIBPERF)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(REGISTERED) $(O)/libhvbench.a \
		$(TEST_LDLIBS) $(LDLIBS)

$(B)/tests/payloads/%.elf: $(B)/payload/tests/payloads/%.o $(PAYLOAD_LDS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(PAYLOAD_CC) $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -o $@ $<

# The project's own benchmarks: the programs of tests/bench

$(B)/tests/bench/%: tests/bench/%.c $(O)/libhvbench.a $(LIBPERF)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(whole_library) $(LDLIBS)

# Fuzz targets, for libFuzzer. They and everything they use are built by clang, instrumented, in a
# directory of their own: make fuzz calls this Makefile again. FAST=1 leaves out ASan, and libFuzzer
# learns nothing from comparisons: up to ten times as many executions a second. What they learn is
# kept in one place, so the other kind then replays it (RUNS=1).

FUZZ_SANITIZE := $(if $(FAST),,address$(comma))undefined,fuzzer-no-link
FUZZ_CFLAGS := -O2 -g $(if $(FAST),-fsanitize-trap=undefined \
	-fno-sanitize-coverage=trace-cmp$(comma)trace-div$(comma)trace-gep$(comma)indirect-calls)
FUZZ_DIR := $(B)/sanitize-$(subst $(comma),-,$(FUZZ_SANITIZE))/tests/fuzz
FUZZERS := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
# How long, or how often, each target runs.
SECONDS ?= 60
RUNS    ?= 0
$(FUZZERS): $(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o $(REGISTERED) $(O)/libhvbench.a $(LIBPERF)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(REGISTERED) \
		$(O)/libhvbench.a $(LDLIBS)
$(O)/tests/fuzz/seeds: tests/fuzz/seeds.c $(REGISTERED) $(O)/libhvbench.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(REGISTERED) $(O)/libhvbench.a \
		$(LDLIBS)

# Manual pages, made from the same tables as the commands' --help

# A command of one word has a file of that name.
COMMANDS := $(filter-out main completing listing restoring doctor_% lab_%, \
	$(patsubst bench/commands/%.c,%,$(wildcard bench/commands/*.c)))
MAN := $(B)/man/hvbench.1 $(COMMANDS:%=$(B)/man/hvbench-%.1)
$(B)/man/hvbench.1: $(HVBENCH)
	@mkdir -p $(@D)
	$(Q)$(HVBENCH) help --man >$@
$(B)/man/hvbench-%.1: $(HVBENCH)
	@mkdir -p $(@D)
	$(Q)$(HVBENCH) help --man $* >$@

# The shells' completion, which asks the program. Where each looks for it below share/.
COMPLETION_bash := bash-completion/completions/hvbench
COMPLETION_zsh  := zsh/site-functions/_hvbench
COMPLETION_fish := fish/vendor_completions.d/hvbench.fish
SHELLS := bash zsh fish
$(B)/completion/%: $(HVBENCH)
	@mkdir -p $(@D)
	$(Q)$(HVBENCH) help --completion $* >$@

# Goals

.PHONY: FORCE all tests fuzz fuzz-programs fuzz-run man demo check check-quick check-mutants lint \
	check-bisect check-distros bench bench-gate deps install uninstall dist deb rpm clean help \
	compile_commands.json
FORCE:

all: $(HVBENCH) $(B)/payload.elf

tests: $(HVBENCH) $(UNIT_TESTS) $(TEST_PAYLOADS)

fuzz-programs: $(FUZZERS) $(O)/tests/fuzz/seeds

fuzz: $(B)/payload.elf
	$(Q)$(MAKE) --no-print-directory CC='$(if $(findstring clang,$(CC)),$(CC),clang)' WERROR= \
		CFLAGS='$(FUZZ_CFLAGS)' SANITIZE=$(FUZZ_SANITIZE) fuzz-programs

fuzz-run: fuzz
	tests/fuzz/run $(FUZZ_DIR) $(SECONDS) $(RUNS)

man: $(MAN)

demo: all
	@mkdir -p $(B)/demo
	$(HVBENCH) run -o $(B)/demo/result.json
	$(HVBENCH) report $(B)/demo/result.json -o $(B)/demo/report.html

# For the sanitizers' build this Makefile is called again.
check: all tests man
	$(Q)$(MAKE) --no-print-directory SANITIZE=address,undefined tests
	$(Q)tests/run

# The most useful tests for their time, in under a minute: unit tests without sanitizers, and tests
# of the tree itself.
check-quick: all tests man
	$(Q)tests/run --quick

# Would the tests notice faults? They are planted one at a time in a scratch copy: see
# tests/mutants/run. MUTANTS: words that select some of them.
check-mutants: all tests
	$(Q)CC='$(CC)' tests/mutants/run $(MUTANTS)

# hvbench lab bisect on commits of KVM itself: builds its modules from Debian's kernel source, which
# make check has no time for. DIR: where that is kept.
check-bisect: all
	$(Q)tests/bisect/kvm.sh

# Checks beyond the compiler's warnings; part of make check.
lint: all tests
	$(Q)tests/run integration/style

# For editors and language servers (clangd --compile-commands-dir=build): how make compiles each
# file.
compile_commands.json: $(B)/compile_commands.json
	@echo '$< (clangd wants a link to it in the top level, or --compile-commands-dir=$(B))'
$(B)/compile_commands.json: FORCE
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(MAKE) --no-print-directory -n -B V=1 all tests | awk -v directory='$(CURDIR)' ' \
		/ -MMD -MP -c -o [^ ]+ [^ ]+\.[cS]$$/ { \
			file = $$NF; gsub(/[\\"]/, "\\&"); \
			printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", \
				nr++ ? ",\n" : "[\n", directory, file, $$0 } \
		END { print nr ? "\n]" : "[]" }' >$@

# What make check does, for one release. noble is Ubuntu 24.04; if its archive cannot be reached it
# is skipped.
RELEASES ?= bookworm trixie sid noble
check-distros:
	@scripts/deps.sh try roots
	$(Q)HVBENCH_RELEASES='$(RELEASES)' tests/run tests/distros

bench: all $(O)/tests/unit/probes/test_exits
	@mkdir -p $(B)/bench
	$(HVBENCH) run --rounds 20 -o $(B)/bench/result.json
	tests/bench/probe-cost.sh
	tests/bench/probe-load.sh
	@echo 'What reading the maps of the exits probe costs:'
	$(Q)$(O)/tests/unit/probes/test_exits 2>&1 | \
		sed -n '/^reading/p; s/.*SKIPPED.*500_vcpus.*/not measured: no eBPF here/p'
	tests/bench/lab-cost.sh
	tests/bench/history.sh $(HVBENCH)
	tests/bench/history-fleet.sh $(HVBENCH)

# Tests whether the verdicts of run --ab and of compare are right on this machine, idle and beside
# a busy process. Takes some 45 minutes; each of the five says its result, and the exit status is
# that of all. QUICK=1: the same with so few trials that it takes less than eight minutes; it would
# find a method that is broken, but not one that is wrong once in fifty times.
bench-gate: $(B)/tests/bench/gate all
	@failed=0; \
	$(B)/tests/bench/gate $(if $(QUICK),12 40,100 1000) 0 || failed=1; \
	$(B)/tests/bench/gate $(if $(QUICK),12 30,40 200) 1 || failed=1; \
	tests/bench/gate-compare.sh $(if $(QUICK),3,20) 20 0 || failed=1; \
	tests/bench/gate-compare.sh $(if $(QUICK),2,20) 20 1 || failed=1; \
	tests/bench/gate-default.sh $(if $(QUICK),1,3) 0 || failed=1; \
	exit $$failed

deps:
	@scripts/deps.sh install

# README and its chapters, where links between them lead to the same places as here.
DOCS = $(shell find README.md bench probes reports scripts workloads -name '*.md' -o -name '*.png' \
	-o -name exit-paths.svg)
DOC_DIR := $(DESTDIR)$(PREFIX)/share/doc/hvbench

install: all man $(SHELLS:%=$(B)/completion/%)
	install -D -m 755 $(HVBENCH) $(DESTDIR)$(PREFIX)/bin/hvbench
	install -D -m 644 $(B)/payload.elf $(DESTDIR)$(PREFIX)/lib/hvbench/payload.elf
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/hvbench
	install -m 644 $(wildcard bench/result/*.schema.json) $(DESTDIR)$(PREFIX)/share/hvbench
	$(foreach shell,$(SHELLS),install -D -m 644 $(B)/completion/$(shell) \
		$(DESTDIR)$(PREFIX)/share/$(COMPLETION_$(shell));)
	$(foreach doc,$(DOCS),install -D -m 644 $(doc) $(DOC_DIR)/$(doc);)

uninstall:
	rm -f $(addprefix $(DOC_DIR)/,$(DOCS))
	[ ! -d $(DOC_DIR) ] || find $(DOC_DIR) -type d -empty -delete
	rm -f $(DESTDIR)$(PREFIX)/bin/hvbench $(DESTDIR)$(PREFIX)/lib/hvbench/payload.elf
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/hvbench/, \
		$(notdir $(wildcard bench/result/*.schema.json)))
	-rmdir $(DESTDIR)$(PREFIX)/lib/hvbench $(DESTDIR)$(PREFIX)/share/hvbench
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/hvbench.1 \
		$(DESTDIR)$(PREFIX)/share/man/man1/hvbench-*.1
	rm -f $(foreach shell,$(SHELLS),$(DESTDIR)$(PREFIX)/share/$(COMPLETION_$(shell)))

# The tarball, and packages made of it: scripts/packaging.
DIST := $(B)/hvbench-$(VERSION).tar.xz
dist:
	$(call say,DIST,$(DIST))
	$(Q)scripts/packaging/dist.sh $(VERSION) $(DIST)
deb: dist
	$(call say,DEB,$(B)/deb)
	$(Q)scripts/packaging/deb.sh $(DIST) $(B)/deb
rpm: dist
	$(call say,RPM,$(B)/rpm)
	$(Q)scripts/packaging/rpm.sh $(DIST) $(B)/rpm

clean:
	rm -rf $(B)

help:
	@echo 'make            build/hvbench'
	@echo 'make demo       install what is missing, build, measure, show: what this is about'
	@echo 'make check      install what is missing, build, run all tests'
	@echo 'make check-quick    unit tests, style and layers alone, in less than a minute'
	@echo 'make check-mutants  plants faults: do tests notice? (MUTANTS=WORD: some of them)'
	@echo 'make lint       style, dead functions, shellcheck'
	@echo 'make compile_commands.json  build/compile_commands.json, for editors'
	@echo 'make check-bisect   lab bisect on patches of KVM, built from source (15 minutes)'
	@echo 'make check-distros  make demo in fresh roots of $(RELEASES)'
	@echo 'make bench      a longer measurement'
	@echo 'make bench-gate are verdicts right on this machine? (45 minutes; QUICK=1: 8)'
	@echo 'make deps       install what is missing (scripts/deps.sh help)'
	@echo 'make install    everything to PREFIX=/usr/local; also uninstall, DESTDIR'
	@echo 'make dist       build/hvbench-$(VERSION).tar.xz, which is built without git'
	@echo 'make deb        build/deb: packages for Debian and Ubuntu; make rpm: build/rpm'
	@echo 'make fuzz       fuzz targets (needs clang); make fuzz-run SECONDS=60 runs each'
	@echo '                FAST=1: more executions, without ASan'
	@echo 'make clean      remove build/'
	@echo
	@echo 'V=1                           show commands'
	@echo 'SANITIZE=address,undefined    build with sanitizers, in a directory of its own'
	@echo 'WERROR=-Werror                warnings are errors'
	@echo 'LIBPERF_SOURCE=PATH           kernel sources to build libperf from'

-include $(shell find $(O) $(B)/payload $(B)/plugin $(B)/bpf -name '*.d' 2>/dev/null)
