#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatRandom:
 *
 * Where a machine gets its random bytes: handed in at construction, so that the pure layers have
 * no random device of their own and a simulator can replay a run from one seed. `io` fills it from
 * the kernel. Copied by value; @user_data is borrowed and must outlive every machine that holds a
 * copy. All bytes must be fit for keys.
 */
typedef struct
{
  void (*fill) (gpointer user_data,
                guint8  *out,
                gsize    n_out);
  gpointer user_data;
} UdpnatRandom;

void    udpnat_random_fill    (const UdpnatRandom *self,
                               guint8             *out,
                               gsize               n_out);
guint32 udpnat_random_u32     (const UdpnatRandom *self);
guint64 udpnat_random_u64     (const UdpnatRandom *self);
guint32 udpnat_random_below   (const UdpnatRandom *self,
                               guint32             limit);
gint64  udpnat_random_jitter  (const UdpnatRandom *self,
                               gint64              value_us,
                               guint               percent);

G_END_DECLS
