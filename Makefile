# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make             build ./virtax              make test       install what is missing, run every ring (root)
#   make demo        the main job, end to end    make check      the same without installing anything
#   make install     DESTDIR=, prefix=           make unit       unit and golden tests (no root)
#   make static      build/static/virtax, for a guest without libraries
#   make uninstall   likewise                    make deb        the Debian package, in build/deb
#   make lint        rules, formatting, sizes    make bench      what it costs (not a test)
#   V=1 shows the commands, SAN=1 builds with the address and undefined-behaviour sanitizers.

prefix  ?= /usr/local
sbindir ?= $(prefix)/sbin
bindir  ?= $(prefix)/bin
mandir  ?= $(prefix)/share/man
fleetdir ?= $(prefix)/share/virtax/prometheus
unitdir ?= $(prefix)/lib/systemd/system
bashcompletiondir ?= $(prefix)/share/bash-completion/completions
CLANG   ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),/usr/sbin/bpftool)
PKG_CONFIG ?= pkg-config

VERSION := 0.1.0
COMMIT  ?= $(shell git -C $(CURDIR) rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
ARCH    := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(shell uname -m)))

O := build
B := build#  of BPF objects, which no sanitizer changes
ifdef SAN
O := build/san
CFLAGS ?= -O1 -g
SANFLAGS := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif

# $(call libs,PACKAGES,FALLBACK): how to link them; FALLBACK where pkg-config does not know.
libs   = $(or $(shell $(PKG_CONFIG) --libs $1 2>/dev/null),$2)
cflags = $(shell $(PKG_CONFIG) --cflags $1 2>/dev/null)
CORE_LIBS := $(call libs,jansson gsl,-ljansson -lgsl -lgslcblas) -lm -ldl
BPF_LIBS  := $(call libs,libbpf libelf zlib,-lbpf -lelf -lz)
ZLIB      := $(call libs,zlib,-lz)
DW_LIBS   := $(call libs,libdw,-ldw) -liberty
SAFE_LIBS := $(call libs,libcap libseccomp,-lcap -lseccomp)
TOP_LIBS  := $(call libs,ncursesw,-lncursesw -ltinfo)
TEST_LIBS := $(call libs,cmocka,-lcmocka)

CFLAGS ?= -O2 -g
ALL_CPPFLAGS := -D_GNU_SOURCE -Ibpf -Ibpf/http -Iuser -I$(O) $(if $(SAN),-I$(B)) \
	$(call cflags,jansson gsl) $(call cflags,libbpf libelf zlib) $(call cflags,cmocka ncursesw) $(CPPFLAGS)
ALL_CFLAGS := -std=gnu11 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wno-unused-parameter \
	$(SANFLAGS) $(if $(CI),-Werror) $(CFLAGS)
# clang -target bpf does not search the host's multiarch directory, so it is named after all others.
HOST_INCLUDES := $(shell $(CLANG) -v -E - </dev/null 2>&1 | \
	sed -n '/search starts here:/,/^End of search/{ s|^ \(/.*\)|-idirafter \1|p }')
BPFFLAGS := -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_$(ARCH) -Ivmlinux -Ibpf -Ibpf/http $(HOST_INCLUDES) \
	-Wall -Wextra -Wno-unused-parameter -Wno-missing-declarations $(if $(CI),-Werror)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$1' '$2')

# The file that defines the shared maps comes first: libbpf 1.1's linker misplaces a map that an
# earlier file declares beside maps of its own.
BPF_SRC  := bpf/core.bpf.c $(filter-out bpf/core.bpf.c,$(sort $(wildcard bpf/*.bpf.c)))
BPF_OBJ  := $(BPF_SRC:%.bpf.c=$(B)/%.bpf.o)

# The rooms of user/ by what they may be linked with; the linker and tools/lint enforce it.
CORE_ROOMS := base model layers join compare runfile profile report html metrics # neither the kernel nor /proc
TOP_ROOMS  := top                               # the live view: ncurses
SERVE_ROOMS := serve confine                    # the endpoint: HTTP, zlib; giving up privileges
SYS_ROOMS  := sys cgroups owners holdings symbols sources fleet # /proc, sysfs, cgroupfs; no libbpf
BPF_ROOMS  := probes record                     # libbpf
CLI_ROOMS  := cli
LOAD_ROOMS := load                              # the load generator, a program of its own
sources     = $(wildcard $(1:%=user/%/*.c))
CORE_SRC   := $(call sources,$(CORE_ROOMS))
SYS_SRC    := $(call sources,$(SYS_ROOMS))
BPF_ROOMS_SRC := $(call sources,$(BPF_ROOMS))
TOP_SRC    := $(call sources,$(TOP_ROOMS))
SERVE_SRC  := $(call sources,$(SERVE_ROOMS))
CLI_SRC    := $(call sources,$(CLI_ROOMS))
LOAD_SRC   := $(call sources,$(LOAD_ROOMS))
CORE       := $(O)/libvirtax-core.a
SYS        := $(O)/libvirtax-sys.a
PROBES     := $(O)/libvirtax-probes.a
TOP        := $(O)/libvirtax-top.a
SERVE      := $(O)/libvirtax-serve.a
CLI        := $(O)/libvirtax-cli.a
UNIT       := $(patsubst tests/unit/%.c,$(O)/unit/%,$(wildcard tests/unit/*/test_*.c))
LOADS      := $(patsubst tests/workloads/%.c,$(O)/tests/%,$(wildcard tests/workloads/*.c)) $(O)/tests/stacks-frameless
PROGRAM  := $(if $(SAN),$(O)/virtax,virtax)

.PHONY: all bpf cross fuzz test-kernels test-engines test-scrape clean install uninstall unit golden check test demo bench tests \
	static vmlinux deps-build deps-test deps-demo deps-bench deps-kernels deps-engines has-kernels lint deb deps-deb test-deb FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) $(O)/virtax-load

# ---- All outputs depend on the build flags: a file holds them and is written only when they
# change.
FLAGS_cc   := $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS)
FLAGS_link := $(CC) $(ALL_CFLAGS) $(LDFLAGS) $(CORE_LIBS) $(DW_LIBS) $(TOP_LIBS) $(SAFE_LIBS) $(BPF_LIBS) $(TEST_LIBS) $(LOAD_SRC)
FLAGS_bpf  := $(CLANG) $(BPFFLAGS) $(BPFTOOL)
FLAGS_join := $(BPFTOOL) $(BPF_SRC) # a removed file leaves the joined object
FLAGS_fuzz := $(CLANG) $(ALL_CPPFLAGS) $(CORE_LIBS)
FLAGS_ar   := $(AR) $(CORE_SRC) $(SYS_SRC) $(TOP_SRC) $(SERVE_SRC) $(BPF_ROOMS_SRC) $(CLI_SRC) # a removed file leaves its archive
define keep_flags
$1/flags/%: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$$(subst ','\'',$$(FLAGS_$$*))' >$$@.new
	@if cmp -s $$@.new $$@; then rm $$@.new; else mv $$@.new $$@; fi
endef
$(foreach dir,$(sort $(O) $(B)),$(eval $(call keep_flags,$(dir))))

# Only files that include it are rebuilt after a commit.
$(O)/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define VIRTAX_VERSION "%s"\n#define VIRTAX_COMMIT "%s"\n' $(VERSION) $(COMMIT) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# ---- BPF: one object per subsystem, joined, then turned into a skeleton
define compile_bpf
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -c $< -o $@
endef

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(B)/flags/bpf
	$(compile_bpf)

$(B)/virtax.bpf.o: $(BPF_OBJ) $(B)/flags/join
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $(BPF_OBJ)

%.skel.h: %.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(*F) > $@

# ---- the page of --format html: markup, style, script and the charts' library as one C string
D3      ?= /usr/share/javascript/d3/d3.min.js
D3_TERMS ?= /usr/share/doc/libjs-d3/copyright
PAGE_SRC := $(sort $(wildcard user/html/page/*))
$(O)/page.h: user/html/page/embed $(PAGE_SRC) $(D3)
	$(call say,PAGE,$@)
	@mkdir -p $(@D)
	$(Q)user/html/page/embed $(D3) $(D3_TERMS) >$@

$(patsubst %.c,$(O)/%.o,$(wildcard user/html/*.c)): | $(O)/page.h

# ---- user space: the core archive does not use libbpf
$(O)/user/%.o: user/%.c $(O)/flags/cc
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(patsubst %.c,$(O)/%.o,$(BPF_ROOMS_SRC) $(CLI_SRC) user/main.c): | $(B)/virtax.skel.h $(O)/version.h

$(CORE): $(CORE_SRC:%.c=$(O)/%.o)
$(SYS): $(SYS_SRC:%.c=$(O)/%.o)
$(TOP): $(TOP_SRC:%.c=$(O)/%.o)
$(SERVE): $(SERVE_SRC:%.c=$(O)/%.o)
$(PROBES): $(BPF_ROOMS_SRC:%.c=$(O)/%.o)
$(CLI): $(CLI_SRC:%.c=$(O)/%.o)
$(CORE) $(SYS) $(TOP) $(SERVE) $(PROBES) $(CLI): $(O)/flags/ar
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

inputs = $(filter %.c %.o %.a,$^)
$(PROGRAM): $(O)/user/main.o $(CLI) $(PROBES) $(SERVE) $(TOP) $(SYS) $(CORE) $(O)/flags/link
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(inputs) -o $@ $(TOP_LIBS) $(SAFE_LIBS) $(BPF_LIBS) $(DW_LIBS) $(CORE_LIBS)

# The same without any shared library, for guests that have none. Archives of the libraries come with their
# -dev packages.
comma := ,
STATIC_LIBS := $(shell $(PKG_CONFIG) --static --libs libcap libseccomp ncursesw libbpf libdw libelf zlib jansson gsl 2>/dev/null) -liberty -lm
static: $(O)/static/virtax
$(O)/static/virtax: $(O)/user/static.o $(O)/user/main.o $(CLI) $(PROBES) $(SERVE) $(TOP) $(SYS) $(CORE) $(O)/flags/link
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -static -s \
		$(patsubst %,-Wl$(comma)--wrap=%,dlopen dlerror dlsym dlclose) $(inputs) -o $@ $(STATIC_LIBS)

$(O)/virtax-load: $(LOAD_SRC:%.c=$(O)/%.o) $(CORE) $(O)/flags/link
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(inputs) -o $@ -lm

# ---- tests
# Pure files of rooms that unit tests are otherwise not linked with.
$(O)/unit/cli/test_schedule: $(O)/user/cli/schedule.o
$(O)/unit/probes/test_plan: $(patsubst %,$(O)/user/probes/%.o,plan hooks conditions)
$(O)/unit/%: tests/unit/%.c $(SERVE) $(TOP) $(SYS) $(CORE) $(O)/flags/cc $(O)/flags/link
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests/unit $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $(inputs) -o $@ \
		$(TEST_LIBS) $(TOP_LIBS) $(SAFE_LIBS) $(ZLIB) $(DW_LIBS) $(CORE_LIBS)

$(O)/tests/family: LDFLAGS += -static
# Its stacks are unwound; functions are found in .dynsym when it is stripped.
$(O)/tests/stacks: ALL_CFLAGS += -fno-omit-frame-pointer -fno-optimize-sibling-calls
$(O)/tests/stacks: LDFLAGS += -rdynamic

$(O)/tests/stacks-frameless: tests/workloads/stacks.c $(O)/flags/cc $(O)/flags/link
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(ALL_CFLAGS) -fomit-frame-pointer $(LDFLAGS) -MMD -MP -rdynamic $< -o $@

$(O)/tests/%: tests/workloads/%.c $(O)/flags/cc $(O)/flags/link
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $< -o $@ -pthread

# ---- the BPF ring: needs root to run
$(O)/tests-bpf/%.bpf.o: tests/bpf/%.bpf.c $(O)/flags/bpf
	$(compile_bpf)

$(O)/tests-bpf/%: tests/bpf/%.c $(PROBES) $(SYS) $(CORE) $(O)/flags/cc $(O)/flags/link \
		| $(O)/tests-bpf/pure.skel.h $(B)/virtax.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -I$(@D) -Itests/unit $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $(inputs) -o $@ \
		$(TEST_LIBS) $(BPF_LIBS) $(DW_LIBS) $(CORE_LIBS)

BPF_TESTS := $(patsubst tests/bpf/%.c,$(O)/tests-bpf/%,$(wildcard tests/bpf/test_*.c))

# The programs of the other architecture must at least compile.
OTHER_ARCH := $(filter-out $(ARCH),x86 arm64)
$(O)/cross/%.bpf.o: BPFFLAGS := $(BPFFLAGS:-D__TARGET_ARCH_%=-D__TARGET_ARCH_$(OTHER_ARCH)) -Werror
$(O)/cross/%.bpf.o: bpf/%.bpf.c $(O)/flags/bpf
	$(compile_bpf)
cross: $(BPF_SRC:bpf/%.bpf.c=$(O)/cross/%.bpf.o)

bpf: $(BPF_TESTS) cross
	$(call say,TEST,bpf)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -Q --exec '' $(BPF_TESTS)

# ---- what a switch costs, compared with a program that does nothing
$(O)/bench/%.bpf.o: tools/lib/bench/%.bpf.c $(O)/flags/bpf
	$(compile_bpf)

$(O)/bench/stats: tools/lib/bench/stats.c $(O)/bench/empty.skel.h $(O)/flags/cc $(O)/flags/link
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CPPFLAGS) -I$(@D) $(ALL_CFLAGS) $(LDFLAGS) $(inputs) -o $@ $(BPF_LIBS)

tests: $(UNIT) $(LOADS) $(BPF_TESTS) $(if $(SAN),,static)

# The static build is the same program, and needs no library. Sanitizers cannot be linked into it.
ifndef SAN
unit: static-works
endif
.PHONY: static-works
static-works: static
	$(Q)$(O)/static/virtax schema | cmp - docs/run.schema.json
	$(Q)! ldd $(O)/static/virtax >/dev/null 2>&1

unit: all $(UNIT)
	$(call say,TEST,unit)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -Q -j$(shell nproc) --exec '' $(UNIT)
	$(Q)VIRTAX=./$(PROGRAM) tests/golden/run.sh

golden: all
	$(Q)VIRTAX=./$(PROGRAM) tests/golden/run.sh --rewrite

test: deps-kernels
check: has-kernels
test check:
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) all tests
	$(Q)tests/run

# Every kernel in tests/kernels/list, in guests; KERNELS= names some of them.
test-kernels: deps-kernels
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tools/kernels $(KERNELS)

# Container engines, libvirt and HTTP servers as Debian installs them; not part of make test.
test-engines: deps-engines
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) all tests
	$(Q)tests/run engines

# The real Prometheus and VictoriaMetrics beside virtax serve, for minutes; not part of make test.
test-scrape: deps-test
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) all tests
	$(Q)tests/run scrape

# Coverage-guided, FUZZ_SECONDS= each (clang's libFuzzer); not part of make test.
FUZZ_SECONDS ?= 30
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(O)/fuzz/%: tests/fuzz/%.c $(CORE_SRC) $(SYS_SRC) $(wildcard bpf/*.h bpf/http/*.h user/*/*.h tests/fuzz/*.h) $(O)/flags/fuzz | $(O)/page.h
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined $(ALL_CPPFLAGS) $(inputs) -o $@ \
		$(CORE_LIBS) $(DW_LIBS) $(ZLIB)
fuzz: $(FUZZERS:%=$(O)/fuzz/%)
	$(Q)tests/fuzz/run $(FUZZ_SECONDS) $(O)/fuzz $(FUZZERS)

demo: deps-demo
	$(Q)$(MAKE) --no-print-directory all static
	$(Q)tools/demo $(DEMOFLAGS)

bench: deps-bench
	$(Q)$(MAKE) --no-print-directory all tests $(O)/bench/stats
	$(Q)tools/bench $(BENCHFLAGS)

deps-build deps-test deps-demo deps-bench deps-kernels deps-engines deps-deb: deps-%:
	$(Q)tools/install-packages $*
has-kernels: has-%:
	$(Q)tools/install-packages --check $*

vmlinux:
	tools/gen-vmlinux.sh $(ARCH)

lint:
	$(Q)tools/lint

FLEET := $(addprefix tools/prometheus/,rules.yml rules.test.yml dashboard.json)
install: all
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(sbindir)/virtax
	install -D -m 755 $(O)/virtax-load $(DESTDIR)$(bindir)/virtax-load
	install -D -m 644 docs/virtax.8 $(DESTDIR)$(mandir)/man8/virtax.8
	install -D -m 644 tools/virtax.bash $(DESTDIR)$(bashcompletiondir)/virtax
	install -D -m 644 -t $(DESTDIR)$(fleetdir) $(FLEET)
	@mkdir -p $(DESTDIR)$(unitdir)
	sed 's|@sbindir@|$(sbindir)|' tools/virtax.service >$(DESTDIR)$(unitdir)/virtax.service

# What install puts there, and nothing else.
uninstall:
	rm -f $(DESTDIR)$(sbindir)/virtax $(DESTDIR)$(bindir)/virtax-load \
		$(DESTDIR)$(mandir)/man8/virtax.8 $(DESTDIR)$(bashcompletiondir)/virtax \
		$(DESTDIR)$(unitdir)/virtax.service $(addprefix $(DESTDIR)$(fleetdir)/,$(notdir $(FLEET)))

# The Debian package, in build/deb; and the package in a minimal root (root, apt).
deb: deps-deb
	$(Q)tools/deb/build $(O)/deb $(VERSION)
test-deb: deb
	$(Q)tools/deb/test $(O)/deb/virtax_$(VERSION)_*.deb

clean:
	rm -rf build virtax

-include $(shell find $(O) $(if $(SAN),$(B)/bpf,-path build/san -prune -o) -name '*.d' -print 2>/dev/null)
