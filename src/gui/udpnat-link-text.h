#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Finds the links in what somebody wrote. */

gboolean udpnat_link_text_find      (const char  *text,
                                     const char **out_start,
                                     const char **out_end);
char    *udpnat_link_text_to_markup (const char  *text) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
