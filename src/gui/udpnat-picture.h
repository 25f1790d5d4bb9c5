#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* Pictures that came from others. */
void        udpnat_picture_decode_async  (GBytes              *data,
                                          int                  size,
                                          GCancellable        *cancellable,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data);
void        udpnat_picture_fit_async     (GBytes              *data,
                                          int                  size,
                                          GCancellable        *cancellable,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data);
void        udpnat_picture_load_async    (const char          *path,
                                          int                  size,
                                          GCancellable        *cancellable,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data);
GdkTexture *udpnat_picture_decode_finish (GAsyncResult        *result,
                                          GError             **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
