#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *udpnat_name_normalize (const char *name) G_GNUC_WARN_UNUSED_RESULT;
char *udpnat_name_fold      (const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* `name@server` */
gboolean udpnat_name_split  (const char  *text,
                             char       **out_name,
                             const char **out_place) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
