# wfsim: one non-recursive Makefile. Outputs go under build/ only. `make` alone prints the targets.
VARIANT ?= debug
BUILD   ?= build/$(VARIANT)

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:

ifeq ($(origin CC),default)
CC := gcc
endif

warnings := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wswitch-enum -Wcast-qual -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough \
	-Wfloat-equal -Wdouble-promotion -Wdate-time -Werror
flags_debug   := -Og -g
flags_release := -O2 -g
flags_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
# Lists are read through one shape (struct wf_list), so aliasing by type is off.
CFLAGS ?= $(flags_$(VARIANT))
cflags := -std=c17 $(CFLAGS) $(warnings) -fno-strict-aliasing -fno-common -ffile-prefix-map=$(CURDIR)/= -I.
posix  := -D_DEFAULT_SOURCE
ldlibs := -lfyaml -lzstd -lxxhash -lz -ldl
ldflags := $(if $(filter asan,$(VARIANT)),-fsanitize=address$(comma)undefined) -rdynamic
comma := ,

src  := $(sort $(wildcard engine/*/*.c sim/*/*.c))
obj  := $(src:%.c=$(BUILD)/%.o) $(patsubst %.S,$(BUILD)/%.o,$(sort $(wildcard engine/*/*.S)))
main := $(BUILD)/sim/cli/main.o
lib  := $(filter-out $(main),$(obj))
tests := $(sort $(wildcard tests/unit/test_*.c tests/machine/test_*.c))
support := $(sort $(wildcard tests/support/*.c))

## build: build/wfsim
build: $(BUILD)/wfsim

$(BUILD)/wfsim: $(obj)
	$(CC) $(ldflags) $^ $(ldlibs) -o $@

$(BUILD)/sim/host/%.o $(BUILD)/sim/cli/%.o: extra := $(posix)
$(BUILD)/tests/%.o: extra := $(posix)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(cflags) $(extra) -MMD -MP -c $< -o $@

$(BUILD)/%.o: %.S $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(cflags) -c $< -o $@

# Rewritten only when the command changes, so that a changed flag rebuilds what depends on it.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D); echo '$(CC) $(cflags)' | cmp -s - $@ || echo '$(CC) $(cflags)' > $@

# A test program links every object, so that it may test any layer.
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(support:%.c=$(BUILD)/%.o) $(lib)
	$(CC) $(ldflags) $^ $(ldlibs) -lcmocka -o $@

## test: every unit and machine test
test: $(tests:%.c=$(BUILD)/%.pass)

$(BUILD)/tests/%.pass: $(BUILD)/tests/%
	$< && touch $@

FORCE:
.PHONY: build test FORCE
.SECONDARY:
-include $(obj:.o=.d) $(tests:%.c=$(BUILD)/%.d)
