#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* Pictures that were in no file when they were sent: they are from then on. */
void  udpnat_sent_picture_save_async  (GdkTexture          *texture,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
char *udpnat_sent_picture_save_finish (GAsyncResult        *result,
                                       GError             **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
