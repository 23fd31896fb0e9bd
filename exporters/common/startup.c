/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startup.c - give back the memory of code and constants that only the start has used.
 *
 * Libraries set themselves up when they are loaded, some at length (the TLS library that
 * comes along with the HTTP server for one). The pages that takes stay mapped, a third of
 * all that the program seems to use, although nothing looks at them again. They are
 * unchanged from the file, so they can be dropped, and what is needed comes back by
 * itself.
 */
#include "config.h"

#include "common/startup.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Code that was adapted to its address while it was loaded must stay as it is. */
static int has_text_relocations(const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        const ElfW(Dyn) * d;

        if (h->p_type != PT_DYNAMIC)
            continue;
        d = (const void *)(uintptr_t)(info->dlpi_addr + h->p_vaddr);
        for (; d->d_tag != DT_NULL; d++) {
            if (d->d_tag == DT_TEXTREL ||
                (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_TEXTREL)))
                return 1;
        }
    }
    return 0;
}

static int trim_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    uintptr_t page = *(const uintptr_t *)arg;

    (void)size;
    if (has_text_relocations(info))
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + h->p_vaddr;
        uintptr_t end = (start + h->p_memsz + page - 1) & ~(page - 1);

        start &= ~(page - 1);
        /* Only what the program cannot have written to. A failure costs nothing. */
        if (h->p_type == PT_LOAD && !(h->p_flags & PF_W))
            (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void startup_trim(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    dl_iterate_phdr(trim_object, &page);
}
