# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make             build ./virtax              make test       every ring of tests (root)
#   make demo        the main job, end to end    make unit       unit and golden tests (no root)
#   make install     DESTDIR=, prefix=           make bench      what it costs (not a test)
#   V=1 shows the commands, SAN=1 builds with the address and undefined-behaviour sanitizers.

prefix  ?= /usr/local
sbindir ?= $(prefix)/sbin
bindir  ?= $(prefix)/bin
mandir  ?= $(prefix)/share/man
CLANG   ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),/usr/sbin/bpftool)

VERSION := 0.1.0
COMMIT  := $(shell git -C $(CURDIR) rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
ARCH    := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(shell uname -m)))

O := build
ifdef SAN
O := build/san
SANFLAGS := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif

CFLAGS   ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -Ibpf -Iuser -I$(O)
override CFLAGS += -std=gnu11 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wno-unused-parameter $(SANFLAGS)
ifdef CI
override CFLAGS += -Werror
endif
BPFFLAGS := -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_$(ARCH) -Ivmlinux -Ibpf \
	-I/usr/include/$(shell uname -m)-linux-gnu -Wall -Wextra -Wno-unused-parameter \
	-Wno-missing-declarations
LIBS     := -lbpf -lelf -lz -ljansson -lgsl -lgslcblas
CORELIBS := -ljansson -lgsl -lgslcblas -lm

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$1' '$2')

# What defines the shared maps first: libbpf 1.1's linker misplaces a map that a file before it declares
# beside maps of its own.
BPF_SRC  := bpf/core.bpf.c $(filter-out bpf/core.bpf.c,$(sort $(wildcard bpf/*.bpf.c)))
BPF_OBJ  := $(BPF_SRC:%.bpf.c=$(O)/%.bpf.o)

# The rooms of user/ by what they are linked with; the linker and tools/lint hold them to it.
CORE_ROOMS := base model compare runfile report # neither the kernel nor /proc
SYS_ROOMS  := sys owners holdings               # /proc, sysfs, cgroupfs; no libbpf
BPF_ROOMS  := probes record                     # libbpf
CLI_ROOMS  := cli
sources     = $(wildcard $(1:%=user/%/*.c))
CORE_SRC   := $(call sources,$(CORE_ROOMS))
SYS_SRC    := $(call sources,$(SYS_ROOMS))
BPF_ROOMS_SRC := $(call sources,$(BPF_ROOMS))
CLI_SRC    := $(call sources,$(CLI_ROOMS))
CORE       := $(O)/libvirtax-core.a
SYS        := $(O)/libvirtax-sys.a
PROBES     := $(O)/libvirtax-probes.a
CLI        := $(O)/libvirtax-cli.a
UNIT       := $(patsubst tests/unit/%.c,$(O)/unit/%,$(wildcard tests/unit/*/test_*.c))
LOADS      := $(patsubst tests/workloads/%.c,$(O)/tests/%,$(wildcard tests/workloads/*.c))
PROGRAM  := $(if $(SAN),$(O)/virtax,virtax)

.PHONY: all bpf cross fuzz test-kernels clean install unit golden test demo bench tests vmlinux deps-build deps-test deps-demo deps-kernels lint
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) $(O)/virtax-load

# ---- BPF: one object per subsystem, joined, then turned into a skeleton
$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -c $< -o $@

$(O)/virtax.bpf.o: $(BPF_OBJ)
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(O)/virtax.skel.h: $(O)/virtax.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name virtax > $@

# ---- user space: the core archive never sees libbpf
$(O)/schema.h: docs/run.schema.json
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q){ printf 'static const char run_schema_json[] = {\n'; od -An -v -tx1 $< | \
		sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; printf '0x00};\n'; } > $@

$(O)/user/%.o: user/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEFS) -MMD -MP -c $< -o $@

$(O)/user/cli/%.o $(O)/user/main.o: DEFS = -DVIRTAX_VERSION='"$(VERSION)"' -DVIRTAX_COMMIT='"$(COMMIT)"'
$(O)/user/cli/schema.o: $(O)/schema.h
$(patsubst %.c,$(O)/%.o,$(BPF_ROOMS_SRC) $(CLI_SRC) user/main.c): | $(O)/virtax.skel.h

$(CORE): $(CORE_SRC:%.c=$(O)/%.o)
$(SYS): $(SYS_SRC:%.c=$(O)/%.o)
$(PROBES): $(BPF_ROOMS_SRC:%.c=$(O)/%.o)
$(CLI): $(CLI_SRC:%.c=$(O)/%.o)
$(CORE) $(SYS) $(PROBES) $(CLI):
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(PROGRAM): $(O)/user/main.o $(CLI) $(PROBES) $(SYS) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LIBS) -lm

$(O)/virtax-load: $(wildcard user/load/*.c) $(wildcard user/load/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) $(filter %.c,$^) -o $@ -lm

# ---- tests
$(O)/unit/cli/test_schedule: $(O)/user/cli/schedule.o
$(O)/unit/%: tests/unit/%.c $(SYS) $(CORE)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -MMD -MP $(filter %.c %.o %.a,$^) -o $@ -lcmocka $(CORELIBS)

$(O)/tests/%: tests/workloads/%.c $(wildcard tests/workloads/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) $< -o $@ -pthread

# ---- the BPF ring: needs root to run
$(O)/tests-bpf/pure.skel.h: tests/bpf/pure.bpf.c $(wildcard bpf/*.h)
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $(@D)/pure.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $(@D)/pure.bpf.o name pure > $@

$(O)/tests-bpf/test_bpf: tests/bpf/test_bpf.c $(O)/tests-bpf/pure.skel.h $(PROBES) $(SYS) $(CORE)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) -I$(@D) $(CFLAGS) $(filter %.c %.o %.a,$^) -o $@ -lcmocka $(LIBS) -lm

$(O)/tests-bpf/test_http: tests/bpf/test_http.c tests/unit/randomtalk.h $(O)/virtax.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) $< -o $@ -lcmocka -lbpf -lelf -lz

$(O)/tests-bpf/test_kvm: tests/bpf/test_kvm.c $(O)/virtax.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $< -o $@ -lcmocka -lbpf -lelf -lz

$(O)/tests-bpf/test_kvmshape: tests/bpf/test_kvmshape.c $(O)/user/probes/kvmshape.o
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $^ -o $@ -lcmocka -lbpf -lelf -lz

BPF_TESTS := $(patsubst tests/bpf/%.c,$(O)/tests-bpf/%,$(wildcard tests/bpf/test_*.c))

# The other architecture's programs have to compile at least.
OTHER_ARCH := $(filter-out $(ARCH),x86 arm64)
$(O)/cross/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$< ($(OTHER_ARCH)))
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS:-D__TARGET_ARCH_%=-D__TARGET_ARCH_$(OTHER_ARCH)) -Werror -c $< -o $@
cross: $(BPF_SRC:bpf/%.bpf.c=$(O)/cross/%.bpf.o)

bpf: $(BPF_TESTS) cross
	$(call say,TEST,bpf)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -Q --exec '' $(BPF_TESTS)

# ---- what a switch costs, beside a program that does nothing
$(O)/bench/empty.skel.h: tools/benchlib/empty.bpf.c
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -c $< -o $(@D)/empty.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $(@D)/empty.bpf.o name empty > $@

$(O)/bench/stats: tools/benchlib/stats.c $(O)/bench/empty.skel.h
	$(call say,CC,$@)
	$(Q)$(CC) -D_GNU_SOURCE -I$(@D) $(CFLAGS) $< -o $@ -lbpf -lelf -lz

tests: $(UNIT) $(LOADS) $(BPF_TESTS)

unit: all $(UNIT)
	$(call say,TEST,unit)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -Q --exec '' $(UNIT)
	$(Q)VIRTAX=./$(PROGRAM) tests/golden/run.sh

golden: all
	$(Q)VIRTAX=./$(PROGRAM) tests/golden/run.sh --rewrite

test: deps-kernels
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tests/run

# Every kernel in tests/kernels/list, in guests; KERNELS= names some of them.
test-kernels: deps-kernels
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tools/kernels $(KERNELS)

# Coverage-guided, FUZZ_SECONDS= each (clang's libFuzzer); not part of make test.
FUZZ_SECONDS ?= 30
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(O)/fuzz/%: tests/fuzz/%.c $(CORE_SRC) $(SYS_SRC)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined $(CPPFLAGS) $(filter %.c,$^) -o $@ $(CORELIBS) -lz
fuzz: $(FUZZERS:%=$(O)/fuzz/%)
	$(Q)tests/fuzz/run $(FUZZ_SECONDS) $(O)/fuzz $(FUZZERS)

demo: deps-demo
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tools/demo $(DEMOFLAGS)

bench: deps-test
	$(Q)$(MAKE) --no-print-directory all tests $(O)/bench/stats
	$(Q)tools/bench

deps-build deps-test deps-demo deps-kernels: deps-%:
	$(Q)tools/install-packages $*

vmlinux:
	tools/gen-vmlinux.sh $(ARCH)

lint:
	$(Q)tools/lint

install: all
	install -D -m 755 virtax $(DESTDIR)$(sbindir)/virtax
	install -D -m 755 $(O)/virtax-load $(DESTDIR)$(bindir)/virtax-load
	install -D -m 644 docs/virtax.8 $(DESTDIR)$(mandir)/man8/virtax.8

clean:
	rm -rf build virtax

-include $(shell find $(O) -name '*.d' 2>/dev/null)
