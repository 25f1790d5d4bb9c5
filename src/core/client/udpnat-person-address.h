#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* `name@server`: somebody who is registered at another server than ours. */
char *udpnat_person_address_normalize (const char *text) G_GNUC_WARN_UNUSED_RESULT;
char *udpnat_place_normalize          (const char *server) G_GNUC_WARN_UNUSED_RESULT;
char *udpnat_place_from_host          (const char *host,
                                       guint16     port) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
