# wfsim: one Makefile for the whole tree. Outputs go under build/ only. `make` alone prints the targets.
#
#   make VARIANT=asan test         one variant: debug (the default), release, asan, fuzz, cov
#   make CC=clang test             the other compiler, in a folder of its own
#   make CFLAGS='-O0' BUILD=...    flags of your own in place of the variant's

VARIANT ?= debug
VERSION := 0.1.0
PREFIX  ?= /usr/local

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help
SHELL := /bin/sh

# Several goals run one after the other, each with all the jobs: some of them build the same folder in a make of their own.
ifneq ($(word 2,$(MAKECMDGOALS)),)
.NOTPARALLEL:
.PHONY: $(MAKECMDGOALS)
$(sort $(MAKECMDGOALS)):
	@$(MAKE) --no-print-directory $@
else

comma := ,

ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(VARIANT)),clang,gcc)
endif

compiler := $(notdir $(firstword $(CC)))
BUILD    ?= build/$(VARIANT)$(if $(filter gcc fuzz:clang,$(compiler) $(VARIANT):$(compiler)),,-$(compiler))

# ---- flags ----

warnings := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wswitch-enum -Wcast-qual -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough \
	-Wfloat-equal -Wdouble-promotion -Wdate-time -Werror

# The pattern makes a read of an unset local differ from zero; both compilers know the flag.
flags_debug   := -Og -g -ftrivial-auto-var-init=pattern
flags_release := -O2 -g
flags_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
flags_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
flags_cov     := -O0 -g --coverage -DWFSIM_COVERAGE
CFLAGS ?= $(flags_$(VARIANT))

# Lists are read through one shape (struct wf_list), so aliasing by type is off.
cflags := -std=c17 $(CFLAGS) $(warnings) -fno-strict-aliasing -fno-common -ffile-prefix-map=$(CURDIR)/= -I. \
	-DWFSIM_VERSION='"$(VERSION)"'
posix  := -D_DEFAULT_SOURCE
ldlibs := -lfyaml -lzstd -lxxhash -lz -ldl
# Modules of workflow code take the API's functions from the program that loads them.
ldflags := $(CFLAGS) -rdynamic $(LDFLAGS)

# One short line a command; V=1 shows them whole, -s none.
quiet := $(if $(V),,@)
say    = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $(1)')
# A make that was given no -j uses every core for the targets that do a lot.
jobs   = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))

# ---- what there is ----

src      := $(sort $(wildcard engine/*/*.c sim/*/*.c))
asm      := $(sort $(wildcard engine/*/*.S sim/*/*.S))
obj      := $(src:%.c=$(BUILD)/%.o) $(asm:%.S=$(BUILD)/%.o)
main     := $(BUILD)/sim/cli/main.o
lib      := $(filter-out $(main),$(obj))
archive  := $(BUILD)/libwfsim.a
# The functions of wfsim.h, which modules of workflow code look for in the program: linked whether a test calls them or not.
exported := $(filter $(BUILD)/engine/workflow/%,$(lib))
# The brackets of the tables are not headers.
headers  := $(filter-out %rows_begin.h %rows_end.h %_cases.h,$(sort $(wildcard engine/*.h engine/*/*.h sim/*.h sim/*/*.h tests/support/*.h tests/model/*.h fuzz/*.h)))
support  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/support/*.c)))
tests    := $(patsubst %.c,%,$(sort $(wildcard tests/unit/test_*.c tests/machine/test_*.c tests/golden/test_*.c \
	tests/determinism/test_*.c)))
benches  := $(patsubst %.c,%,$(sort $(wildcard tests/bench/bench_*.c)))
fuzzers  := $(filter-out fuzz/fuzz_input fuzz/fuzz_driver,$(patsubst %.c,%,$(sort $(wildcard fuzz/fuzz_*.c))))
fuzz_lib := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard fuzz/fuzz_input.c)))
model     := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/model/*.c)))
cli_tests := $(sort $(wildcard tests/cli/*.sh))
# Tests read these, so a changed one runs the tests again.
data     := $(sort $(wildcard scenarios/* histories/* histories/*/* tests/*/data/* tests/cli/* tests/golden/shapes/* \
	tests/corpus/*.c README.md))

# ---- the two commands of the README, and what they run ----

## demo: on a fresh machine: install what is missing, build, simulate the saga, replay it against changed code
demo:
	@ci/deps build
	@$(MAKE) --no-print-directory $(jobs) build
	@ci/demo

## check: install what is missing, build, run every fast test and every check of the tree
check:
	@ci/deps check
	@$(MAKE) --no-print-directory $(jobs) build
	@$(MAKE) --no-print-directory $(jobs) check-all

check-all: test cli-test model-test fuzz-check lint check-headers

check-both: test cli-test model-test fuzz-check

## build: build/wfsim, the optimised program
build:
	@$(MAKE) --no-print-directory VARIANT=release build/wfsim

build/wfsim: $(BUILD)/wfsim
	$(call say,copy $@)
	@cp $< $@.new && mv $@.new $@

## program: $(BUILD)/wfsim, the program of the chosen variant
program: $(BUILD)/wfsim

# Every object, so that a name that is missing, or defined twice, does not wait for somebody to need it.
$(BUILD)/wfsim: $(obj) $(BUILD)/link
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $(obj) $(ldlibs) -o $@

# Thin: it names the objects instead of copying them.
$(archive): $(lib) $(BUILD)/link
	@rm -f $@ && $(AR) rcsT $@ $(lib)

# ---- objects ----

$(BUILD)/sim/host/%.o $(BUILD)/sim/cli/%.o $(BUILD)/tests/%.o $(BUILD)/fuzz/%.o $(BUILD)/ci/%.o: extra := $(posix)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,cc   $@)
	$(quiet)$(CC) $(cflags) $(extra) -MMD -MP -c $< -o $@

$(BUILD)/%.o: %.S $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,cc   $@)
	$(quiet)$(CC) $(cflags) -MMD -MP -c $< -o $@

# The assembler reads it with .incbin, of which no compiler tells.
$(BUILD)/sim/host/header.o: engine/wfsim.h

# Both files change only when the command or the list of objects changes, so that a changed flag, or a source that went
# away, rebuilds what depends on it and nothing else does.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(cflags) $(posix)' | cmp -s - $@ || echo '$(CC) $(cflags) $(posix)' >$@

$(BUILD)/link: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ldflags) $(obj) $(support) $(ldlibs)' | cmp -s - $@ || \
		echo '$(CC) $(ldflags) $(obj) $(support) $(ldlibs)' >$@

# ---- tests ----

## test: every unit, machine, golden and determinism test of the chosen variant
test: $(tests:%=$(BUILD)/%.pass)

# A test program takes what it needs of every layer, all but main.
$(tests:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/%.o $(support) $(exported) $(archive)
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $< $(support) $(exported) $(archive) $(ldlibs) -lcmocka -o $@

$(tests:%=$(BUILD)/%.pass): $(BUILD)/%.pass: $(BUILD)/% $(data) ci/suite
	@ci/suite $(BUILD)/$* $* $<

## model-test: random calls to the engine and to the model of tests/model, and the planted bugs that the model sees
model-test: $(BUILD)/tests/model/check.pass $(BUILD)/tests/model/plants.pass

## model-check: the same with MODEL_SEEDS times 5,000 calls under faults (40)
model-check: $(BUILD)/tests/model/check
	@ci/suite $(BUILD)/tests/model/many tests/model/many $< --seeds $(or $(MODEL_SEEDS),40)
	@cat $(BUILD)/tests/model/many.log

$(BUILD)/tests/model/check: $(model) $(exported) $(archive)
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $(model) $(exported) $(archive) $(ldlibs) -o $@

$(BUILD)/tests/model/check.pass: $(BUILD)/tests/model/check ci/suite
	@ci/suite $(BUILD)/tests/model/check tests/model/check $< --seeds 12

$(BUILD)/tests/model/plants.pass: $(BUILD)/tests/model/check ci/suite
	@ci/suite $(BUILD)/tests/model/plants tests/model/plants $< --plants

## random-messages: 1,000 messages of each type made by Google's protobuf runtime, through our codec and back
random-messages: $(BUILD)/tests/golden/wire_echo build/venv/bin/temporalio.installed
	@SUITE_SECONDS=600 ci/suite $(BUILD)/tests/golden/random_messages tests/golden/random_messages \
		build/venv/bin/python tests/golden/random_messages.py $<

$(BUILD)/tests/golden/wire_echo: $(BUILD)/tests/golden/wire_echo.o $(archive)
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $< $(archive) $(ldlibs) -o $@

## report-schema: the reports of real batches against their JSON schema, and JUnit, SARIF and HTML read by others' parsers
report-schema: $(BUILD)/wfsim build/venv/bin/jsonschema.installed
	@ci/suite $(BUILD)/tests/golden/report_schema tests/golden/report_schema \
		build/venv/bin/python tests/golden/report_schema.py $<

## output-schema: what every command prints for programs, against the JSON schemas in ci/, and JUnit XML against its DTD
output-schema: $(BUILD)/wfsim build/venv/bin/lxml.installed
	@ci/suite $(BUILD)/tests/golden/output_schema tests/golden/output_schema \
		build/venv/bin/python tests/golden/output_schema.py $<

build/venv/bin/jsonschema.installed:
	@python3 -m venv build/venv && build/venv/bin/python -m pip install -q jsonschema==4.23.0 && touch $@

build/venv/bin/lxml.installed: build/venv/bin/jsonschema.installed
	@build/venv/bin/python -m pip install -q lxml==5.3.0 && touch $@

# The package temporalio carries the runtime and the generated classes.
build/venv/bin/temporalio.installed:
	@python3 -m venv build/venv && build/venv/bin/python -m pip install -q temporalio==1.35.0 && touch $@

## cli-test: the program as a user runs it, compared with the expected output, errors and exit code
cli-test: $(if $(cli_tests),$(BUILD)/tests/cli.pass)

$(BUILD)/tests/cli.pass: $(BUILD)/wfsim $(data) ci/suite
	@mkdir -p $(@D)
	@ci/suite $(BUILD)/tests/cli tests/cli tests/cli/run $(BUILD)/wfsim

## asan: test, cli-test, model-test and fuzz-check under the address and undefined-behaviour sanitizers
asan:
	@$(MAKE) --no-print-directory VARIANT=asan test cli-test model-test fuzz-check

## memcheck: the unit and machine tests under valgrind, for reads of memory that nobody set
memcheck: $(patsubst %,$(BUILD)/%.memcheck.pass,$(filter tests/unit/% tests/machine/%,$(tests)))

$(BUILD)/%.memcheck.pass: $(BUILD)/% ci/suite
	@ci/suite $(BUILD)/$*.memcheck $*.memcheck valgrind -q --error-exitcode=99 --leak-check=no --child-silent-after-fork=yes $<

## fuzz-check: every fuzz target over its corpus (VARIANT=fuzz: under libFuzzer)
fuzz-check: $(fuzzers:%=$(BUILD)/%.pass)

fuzz_link := $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer,$(patsubst %.c,$(BUILD)/%.o,$(wildcard fuzz/fuzz_driver.c)))

$(fuzzers:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/%.o $(fuzz_lib) $(filter %.o,$(fuzz_link)) $(exported) $(archive)
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $< $(fuzz_lib) $(fuzz_link) $(exported) $(archive) $(ldlibs) -o $@

.SECONDEXPANSION:
$(fuzzers:%=$(BUILD)/%.pass): $(BUILD)/fuzz/fuzz_%.pass: $(BUILD)/fuzz/fuzz_% $$(sort $$(wildcard fuzz/corpus/$$*/*)) ci/suite
	@ci/suite $(BUILD)/fuzz/fuzz_$* fuzz/$* $< $(if $(filter fuzz,$(VARIANT)),-runs=0) $(wildcard fuzz/corpus/$*)

## fuzz: look for new inputs, SECONDS=60 a target, one after the other (TARGET=name for one)
fuzz:
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzz-programs
	@ci/fuzz $(or $(SECONDS),60) $(TARGET)

fuzz-programs: $(fuzzers:%=$(BUILD)/%)

## soak: many seeds of every scenario, resumable: make soak SEEDS=1000
soak: build
	@ci/soak $(or $(SEEDS),1000)

## check-determinism: the same seeds under gcc and clang, each -O0 and -O2, and other environments: same bytes
check-determinism:
	@ci/suite build/twin/determinism check-determinism ci/check-determinism

# ---- checks of the tree ----

## lint: layers, symbols, sizes, generated files
lint: $(BUILD)/lint/check-layers.pass $(BUILD)/lint/check-style.pass $(BUILD)/lint/check-symbols.pass \
	$(BUILD)/lint/check-generated.pass

# They read the whole tree and take a moment, so they run every time.
$(BUILD)/lint/check-%.pass: ci/check-% FORCE
	@mkdir -p $(@D)
	@ci/suite $(BUILD)/lint/check-$* check-$* ci/check-$* $(BUILD)

$(BUILD)/lint/check-symbols.pass: $(obj)
$(BUILD)/lint/check-generated.pass: $(BUILD)/ci/generate

## check-headers: every header compiles on its own
check-headers: $(BUILD)/headers.pass

$(BUILD)/headers.pass: $(headers:%=$(BUILD)/headers/%.ok)
	@ci/suite $(BUILD)/headers check-headers printf '%s\n' '$(words $(headers)) passed, 0 failed'

$(BUILD)/headers/sim/host/%.ok $(BUILD)/headers/sim/cli/%.ok $(BUILD)/headers/tests/%.ok $(BUILD)/headers/fuzz/%.ok: \
	extra := $(posix)
$(BUILD)/headers/%.ok: % $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(cflags) $(extra) -MMD -MP -MF $(@:.ok=.d) -MT $@ -fsyntax-only -x c -include $< /dev/null
	@touch $@

## coverage: lines that the tests execute, by folder and file
coverage:
	@$(MAKE) --no-print-directory VARIANT=cov test cli-test
	@ci/coverage build/cov

## coverage-transitions: fails when a row of the transition tables is taken by no test, and names it
coverage-transitions:
	@$(MAKE) --no-print-directory VARIANT=cov test
	@ci/suite build/cov/coverage-transitions coverage-transitions ci/coverage-transitions build/cov

## fault-kinds: fails when a kind of fault never fires in the shipped scenarios, and names it
fault-kinds: build
	@SUITE_SECONDS=600 ci/suite build/release/fault-kinds fault-kinds ci/fault-kinds build/wfsim

## check-costs: what the checks and the trace hash take of a simulation's instructions; fails when it is over the goals
check-costs: build
	@SUITE_SECONDS=600 ci/suite build/release/check-costs check-costs ci/check-costs build/wfsim
	@cat build/release/check-costs.log

# ---- housekeeping ----

clang_format := $(firstword $(foreach name,clang-format-14 clang-format,$(if $(shell command -v $(name)),$(name))) clang-format)

## format: lay out every source as .clang-format says
format:
	$(clang_format) -i $(sort $(filter-out %.def,$(shell git ls-files '*.c' '*.h')))

$(BUILD)/ci/generate: $(BUILD)/ci/generate.o $(archive)
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $< $(archive) $(ldlibs) -o $@

## docs: write again what is generated from the tables: EVENTS.md, KEYS.md, INVARIANTS.md, FAULTS.md and the fuzz dictionaries
docs: $(BUILD)/ci/generate
	@ci/generate-all $< .

## costs: measure what the checks cost, and write it into the page of the invariants
costs: build
	@ci/check-costs build/wfsim sim/check/costs.def
	@$(MAKE) --no-print-directory docs

## update-golden: accept the present outputs of golden and command line tests; read the diff
update-golden: $(BUILD)/wfsim
	@UPDATE_GOLDEN=1 tests/cli/run $(BUILD)/wfsim
	@$(MAKE) --no-print-directory UPDATE_GOLDEN=1 golden-update

export UPDATE_GOLDEN

golden-update: $(patsubst %,$(BUILD)/%,$(filter tests/golden/%,$(tests)))
	@for test in $^; do $$test; done

## compile_commands.json: for editors and analysers
compile_commands.json: Makefile FORCE
	@ci/compile-commands '$(CC) $(cflags)' '$(posix)' $(src) $(tests:%=%.c) $(fuzzers:%=%.c) >$@

## bench: the benchmarks, as ratios
bench: build
	@$(MAKE) --no-print-directory VARIANT=release run-bench

run-bench: $(benches:%=$(BUILD)/%) build/wfsim $(BUILD)/tests/bench/measure
	@for bench in $(benches:%=$(BUILD)/%); do $$bench || exit 1; done
	@tests/bench/replay build/wfsim $(BUILD)/tests/bench/measure build/bench

$(BUILD)/tests/bench/measure: $(BUILD)/tests/bench/measure.o
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $< -o $@

$(benches:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/%.o $(support) $(exported) $(archive)
	$(call say,link $@)
	$(quiet)$(CC) $(ldflags) $< $(support) $(exported) $(archive) $(ldlibs) -lcmocka -o $@

## install: program, `temporal workflow replay`, header, pkg-config file, manual page, completions under PREFIX (and DESTDIR)
install: build
	@$(MAKE) --no-print-directory VARIANT=release build/release/ci/generate
	@ci/install build/wfsim build/release/ci/generate '$(DESTDIR)$(PREFIX)' '$(PREFIX)' '$(VERSION)'

## clean: remove build/
clean:
	rm -rf build compile_commands.json

## help: this list
help:
	@sed -n 's/^## \([^:]*\): \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  %-22s %s\n", $$1, $$2 }'

FORCE:
.PHONY: demo check check-all check-both build memcheck program test cli-test model-test model-check random-messages report-schema output-schema asan fuzz-check fuzz fuzz-programs soak check-determinism fault-kinds check-costs costs lint \
	check-headers coverage coverage-transitions format docs update-golden golden-update bench run-bench install \
	clean help FORCE
.SECONDARY:

-include $(obj:.o=.d) $(support:.o=.d) $(model:.o=.d) $(tests:%=$(BUILD)/%.d) $(benches:%=$(BUILD)/%.d) $(fuzzers:%=$(BUILD)/%.d) \
	$(fuzz_lib:.o=.d) $(BUILD)/ci/generate.d $(headers:%=$(BUILD)/headers/%.d)

endif
