#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A picture file of the user's, made as small as a picture of oneself has to be. */
void    udpnat_avatar_load_async  (GFile               *file,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data);
GBytes *udpnat_avatar_load_finish (GAsyncResult        *result,
                                   GError             **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
