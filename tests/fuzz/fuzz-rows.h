#pragma once

#include "fuzz.h"

G_BEGIN_DECLS

/* See fuzz-rows.c. */
void fuzz_rows_change (const char   *path,
                       UdpnatReader *input);

G_END_DECLS
