#pragma once

#include <glib.h>

G_BEGIN_DECLS

void     udpnat_hex_write (const guint8 *bytes,
                           gsize         n_bytes,
                           char         *out_text);
gboolean udpnat_hex_read  (const char   *text,
                           gsize         n_bytes,
                           guint8       *out_bytes) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
