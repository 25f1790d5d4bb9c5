#pragma once

#include <glib.h>

#include "udpnat-limits.h"

G_BEGIN_DECLS

#define UDPNAT_NAME_PLAIN_MAX_BYTES UDPNAT_NAME_MAX_CODE_POINTS

char *udpnat_name_normalize (const char *name) G_GNUC_WARN_UNUSED_RESULT;
char *udpnat_name_fold      (const char *name) G_GNUC_WARN_UNUSED_RESULT;

gboolean udpnat_name_fold_plain (const char *name,
                                 gsize       n_name,
                                 char        out_folded[UDPNAT_NAME_PLAIN_MAX_BYTES + 1])
  G_GNUC_WARN_UNUSED_RESULT;

/* `name@server` */
gboolean udpnat_name_split  (const char  *text,
                             char       **out_name,
                             const char **out_place) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
