/*
 * What helps fuzz targets past the first check of a format.
 */
#ifndef WF_FUZZ_FUZZ_INPUT_H
#define WF_FUZZ_FUZZ_INPUT_H

#include <stddef.h>

/* Makes the checksums of an archive's header and frames right, as far as it has frames. In place.
 */
void fuzz_mend_archive(char *file, size_t size_bytes);

#endif
