#pragma once

/* What every fuzz target has: one entry, called with one input. libFuzzer calls it with inputs of
 * its own making (-Dfuzzing=true); otherwise fuzz-main.c calls it with the files of the corpus. */

#include "udpnat-random.h"
#include "udpnat-reader.h"

#include <stdint.h>

G_BEGIN_DECLS

int           LLVMFuzzerTestOneInput (const uint8_t *data,
                                      size_t         n_data);

UdpnatRandom  fuzz_random            (guint64       *state);
const guint8 *fuzz_take              (UdpnatReader  *input,
                                      gsize          n_max,
                                      gsize         *out_n);
gint64        fuzz_take_duration     (UdpnatReader  *input);

G_END_DECLS
