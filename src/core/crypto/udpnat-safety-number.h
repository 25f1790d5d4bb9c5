#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/* 60 digits and the final zero. */
#define UDPNAT_SAFETY_NUMBER_BYTES 61
/* 12 groups of 5 digits, a space between them, and the final zero. */
#define UDPNAT_SAFETY_NUMBER_TEXT_BYTES 72

void     udpnat_safety_number_compute (const UdpnatPublicKey *a,
                                       const UdpnatPublicKey *b,
                                       char out_number[UDPNAT_SAFETY_NUMBER_BYTES]);
char    *udpnat_safety_number_format  (const char            *number,
                                       char out_text[UDPNAT_SAFETY_NUMBER_TEXT_BYTES]);
gboolean udpnat_safety_number_equal   (const char            *typed,
                                       const char            *number) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
