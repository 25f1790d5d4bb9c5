#pragma once

#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatRandomReserve:
 *
 * A random source that has some bytes of another one ready. For whoever takes a few at a time, very
 * often: a question to the kernel costs as much for four bytes as for thirty-two.
 */
typedef struct _UdpnatRandomReserve UdpnatRandomReserve;

UdpnatRandomReserve *udpnat_random_reserve_new  (const UdpnatRandom  *source)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_random_reserve_free (UdpnatRandomReserve *self);
UdpnatRandom         udpnat_random_reserve_get  (UdpnatRandomReserve *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRandomReserve, udpnat_random_reserve_free)

G_END_DECLS
