#pragma once

#include <pango/pango.h>

G_BEGIN_DECLS

char *udpnat_snippet_new (const char     *text,
                          const char     *words,
                          PangoAttrList **out_attributes) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
