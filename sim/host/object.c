/*
 * The section headers lead to everything: the dynamic symbols say what is imported, the full ones what is writable, and the
 * relocations that the linker was asked to keep (--emit-relocs) name each instruction that takes something from outside, on any
 * machine and without a disassembler. The file is copied struct by struct, so that its alignment does not matter, and nothing
 * is read that does not lie within it.
 */
#include "sim/host/object.h"

#include <elf.h>
#include <string.h>

#include "engine/base/map.h"
#include "engine/schema.h"

struct reading {
    struct wf_arena *arena;
    struct wf_string bytes;
    struct sim_object *object;
    struct wf_error *err;
    struct wf_map imports; /* by name */
    Elf64_Ehdr header;
    uint64_t fixed_from; /* what is read-only once it is relocated */
    uint64_t fixed_to;
};

static enum wf_status fail_corrupt(const struct reading *reading)
{
    return wf_fail_status(reading->err, WF_ERR_CORRUPT, "its tables point outside of the file: build it again");
}

static enum wf_status fail_memory(const struct reading *reading)
{
    return wf_fail_status(reading->err, WF_ERR_MEMORY, "out of memory");
}

static enum wf_status fail_unsupported(const struct reading *reading)
{
    return wf_fail_status(reading->err, WF_ERR_UNSUPPORTED,
                          "this is no shared object of 64 bits, little-endian, with section headers");
}

/* Copies a struct out of the file. False when it does not lie within. */
static bool copy_out(const struct reading *reading, uint64_t offset, void *into, size_t size_bytes)
{
    const size_t all = reading->bytes.size_bytes;

    if (offset > all || size_bytes > all - offset) {
        return false;
    }
    memcpy(into, reading->bytes.data + offset, size_bytes);
    return true;
}

static bool section_at(const struct reading *reading, uint32_t index, Elf64_Shdr *section)
{
    return index < reading->header.e_shnum &&
           copy_out(reading, reading->header.e_shoff + (uint64_t)index * sizeof *section, section, sizeof *section);
}

/* How many entries of this size a table has; 0 when it does not lie within the file. */
static uint64_t entry_count(const struct reading *reading, const Elf64_Shdr *table, size_t size_bytes)
{
    const size_t all = reading->bytes.size_bytes;

    return table->sh_entsize != size_bytes || table->sh_offset > all || table->sh_size > all - table->sh_offset
               ? 0
               : table->sh_size / size_bytes;
}

/* A name in the string table of a symbol table, without its version ("time@GLIBC_2.2.5"); empty when there is none. */
static struct wf_string name_of(const struct reading *reading, const Elf64_Shdr *symbols, uint32_t at)
{
    struct wf_string name = {NULL, 0};
    Elf64_Shdr strings;

    if (!section_at(reading, symbols->sh_link, &strings) || strings.sh_offset > reading->bytes.size_bytes ||
        strings.sh_size > reading->bytes.size_bytes - strings.sh_offset || at >= strings.sh_size) {
        return name;
    }
    name.data = reading->bytes.data + strings.sh_offset + at;
    while (name.size_bytes < strings.sh_size - at && name.data[name.size_bytes] != '\0' && name.data[name.size_bytes] != '@') {
        name.size_bytes++;
    }
    return name;
}

/* ---- Imports ---- */

static enum wf_status add_import(struct reading *reading, struct wf_string name)
{
    struct sim_import *import = WF_LIST_APPEND(reading->arena, reading->object->imports);

    if (import == NULL) {
        return fail_memory(reading);
    }
    import->name = name;
    return WF_OK;
}

static enum wf_status read_dynamic_symbols(struct reading *reading, const Elf64_Shdr *table)
{
    const uint64_t count = entry_count(reading, table, sizeof(Elf64_Sym));
    Elf64_Sym symbol;

    for (uint64_t i = 1; i < count; i++) {
        if (!copy_out(reading, table->sh_offset + i * sizeof symbol, &symbol, sizeof symbol)) {
            return fail_corrupt(reading);
        }
        const struct wf_string name = name_of(reading, table, symbol.st_name);
        if (symbol.st_shndx != SHN_UNDEF) {
            reading->object->has_module |= wf_string_is(name, "wf_module");
        } else if (name.size_bytes > 0) {
            WF_TRY(add_import(reading, name));
        }
    }
    return WF_OK;
}

/* The list does not grow any more: the map may point into it. */
static enum wf_status index_imports(struct reading *reading)
{
    wf_map_init(&reading->imports, reading->arena);
    for (uint32_t i = 0; i < reading->object->imports.count; i++) {
        struct sim_import *import = &reading->object->imports.items[i];

        if (!wf_map_set(&reading->imports, import->name, import)) {
            return fail_memory(reading);
        }
    }
    return WF_OK;
}

static struct sim_import *import_of(const struct reading *reading, const Elf64_Shdr *relocations, uint64_t info)
{
    struct wf_string name = {NULL, 0};
    Elf64_Shdr symbols;
    Elf64_Sym symbol;
    const uint64_t index = ELF64_R_SYM(info);

    if (section_at(reading, relocations->sh_link, &symbols) && index < entry_count(reading, &symbols, sizeof symbol) &&
        copy_out(reading, symbols.sh_offset + index * sizeof symbol, &symbol, sizeof symbol)) {
        name = name_of(reading, &symbols, symbol.st_name);
    }
    return name.size_bytes == 0 ? NULL : wf_map_get(&reading->imports, name);
}

/* What the dynamic linker fills in is a slot; what the linker kept for us is a place in the code. */
static enum wf_status read_relocations(struct reading *reading, const Elf64_Shdr *table)
{
    const uint64_t count = entry_count(reading, table, sizeof(Elf64_Rela));
    const bool is_dynamic = (table->sh_flags & SHF_ALLOC) != 0;
    Elf64_Shdr target = {0};
    Elf64_Rela relocation;

    if (!is_dynamic && (!section_at(reading, table->sh_info, &target) || (target.sh_flags & SHF_EXECINSTR) == 0)) {
        return WF_OK;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!copy_out(reading, table->sh_offset + i * sizeof relocation, &relocation, sizeof relocation)) {
            return fail_corrupt(reading);
        }
        struct sim_import *import = import_of(reading, table, relocation.r_info);
        uint64_t *place = import == NULL ? NULL
                          : is_dynamic   ? WF_LIST_APPEND(reading->arena, import->slots)
                                         : WF_LIST_APPEND(reading->arena, import->places);
        if (place != NULL) {
            *place = relocation.r_offset;
        } else if (import != NULL) {
            return fail_memory(reading);
        }
    }
    return WF_OK;
}

/* ---- Globals ---- */

static void find_fixed(struct reading *reading)
{
    Elf64_Phdr segment;

    for (uint32_t i = 0; i < reading->header.e_phnum; i++) {
        if (copy_out(reading, reading->header.e_phoff + (uint64_t)i * sizeof segment, &segment, sizeof segment) &&
            segment.p_type == PT_GNU_RELRO) {
            reading->fixed_from = segment.p_vaddr;
            reading->fixed_to = segment.p_vaddr + segment.p_memsz;
        }
    }
}

static bool is_global(const struct reading *reading, const Elf64_Sym *symbol)
{
    const bool is_thread_local = ELF64_ST_TYPE(symbol->st_info) == STT_TLS;
    const bool is_fixed = symbol->st_value >= reading->fixed_from && symbol->st_value < reading->fixed_to;
    Elf64_Shdr section;

    return (is_thread_local || (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT && !is_fixed)) && symbol->st_size > 0 &&
           symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE &&
           section_at(reading, symbol->st_shndx, &section) && (section.sh_flags & SHF_WRITE) != 0;
}

/* A local symbol belongs to the file named before it; those of crtstuff.c are the compiler's own. */
static enum wf_status read_symbols(struct reading *reading, const Elf64_Shdr *table)
{
    const uint64_t count = entry_count(reading, table, sizeof(Elf64_Sym));
    bool is_compilers = false;
    Elf64_Sym symbol;

    for (uint64_t i = 1; i < count; i++) {
        if (!copy_out(reading, table->sh_offset + i * sizeof symbol, &symbol, sizeof symbol)) {
            return fail_corrupt(reading);
        }
        const struct wf_string name = name_of(reading, table, symbol.st_name);
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FILE) {
            is_compilers = wf_string_is(name, "crtstuff.c");
        } else if (!(is_compilers && ELF64_ST_BIND(symbol.st_info) == STB_LOCAL) && is_global(reading, &symbol)) {
            struct sim_global *global = WF_LIST_APPEND(reading->arena, reading->object->globals);
            if (global == NULL) {
                return fail_memory(reading);
            }
            *global = (struct sim_global){.name = name,
                                          .offset = symbol.st_value,
                                          .size_bytes = symbol.st_size,
                                          .is_thread_local = ELF64_ST_TYPE(symbol.st_info) == STT_TLS};
        }
    }
    return WF_OK;
}

const struct sim_global *sim_object_global_at(const struct sim_object *object, uint64_t offset)
{
    for (uint32_t i = 0; i < object->globals.count; i++) {
        const struct sim_global *global = &object->globals.items[i];

        if (!global->is_thread_local && offset >= global->offset && offset - global->offset < global->size_bytes) {
            return global;
        }
    }
    return NULL;
}

/* ---- All together ---- */

static enum wf_status read_tables(struct reading *reading, uint32_t type,
                                  enum wf_status (*read)(struct reading *reading, const Elf64_Shdr *table), bool *is_there)
{
    Elf64_Shdr section;

    for (uint32_t i = 1; i < reading->header.e_shnum; i++) {
        if (!section_at(reading, i, &section)) {
            return fail_corrupt(reading);
        }
        if (section.sh_type == type) {
            *is_there = true;
            WF_TRY(read(reading, &section));
        }
    }
    return WF_OK;
}

static bool is_ours(const Elf64_Ehdr *header)
{
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_ident[EI_DATA] == ELFDATA2LSB && header->e_type == ET_DYN &&
           header->e_shentsize == sizeof(Elf64_Shdr);
}

/* A filter is needed as well: what it names answers in its place. */
static enum wf_status read_dynamic(struct reading *reading, const Elf64_Shdr *table)
{
    const uint64_t count = entry_count(reading, table, sizeof(Elf64_Dyn));
    Elf64_Dyn entry;

    for (uint64_t i = 0; i < count; i++) {
        if (!copy_out(reading, table->sh_offset + i * sizeof entry, &entry, sizeof entry)) {
            return fail_corrupt(reading);
        }
        if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_AUXILIARY && entry.d_tag != DT_FILTER) {
            continue;
        }
        struct wf_string *name = WF_LIST_APPEND(reading->arena, reading->object->needed);
        if (name == NULL) {
            return fail_memory(reading);
        }
        *name = name_of(reading, table, (uint32_t)entry.d_un.d_val);
    }
    return WF_OK;
}

enum wf_status sim_object_read_needed(struct wf_arena *arena, struct wf_string bytes, struct sim_object *object,
                                      struct wf_error *err)
{
    struct reading reading = {.arena = arena, .bytes = bytes, .object = object, .err = err};
    bool is_there = false;

    *object = (struct sim_object){0};
    if (!copy_out(&reading, 0, &reading.header, sizeof reading.header) || !is_ours(&reading.header)) {
        return fail_unsupported(&reading);
    }
    WF_TRY(read_tables(&reading, SHT_DYNAMIC, read_dynamic, &is_there));
    return is_there ? WF_OK : fail_unsupported(&reading);
}

enum wf_status sim_object_read(struct wf_arena *arena, struct wf_string bytes, struct sim_object *object,
                               struct wf_error *err)
{
    struct reading reading = {.arena = arena, .bytes = bytes, .object = object, .err = err};
    bool has_relocations = false;
    bool has_dynamic = false;

    *object = (struct sim_object){0};
    if (!copy_out(&reading, 0, &reading.header, sizeof reading.header) || !is_ours(&reading.header)) {
        return fail_unsupported(&reading);
    }
    find_fixed(&reading);
    WF_TRY(read_tables(&reading, SHT_DYNSYM, read_dynamic_symbols, &has_dynamic));
    WF_TRY(index_imports(&reading));
    WF_TRY(read_tables(&reading, SHT_RELA, read_relocations, &has_relocations));
    WF_TRY(read_tables(&reading, SHT_SYMTAB, read_symbols, &object->has_symbols));
    return object->has_symbols ? WF_OK : read_tables(&reading, SHT_DYNSYM, read_symbols, &has_dynamic);
}
