#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

/* All conversations, each to a text file of its own in a folder. */
void     udpnat_export_people_async  (UdpnatClient        *client,
                                      const char          *folder,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data);
char    *udpnat_export_people_dup_name (UdpnatPerson       *person) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_export_people_finish (GAsyncResult        *result,
                                      guint               *out_n_files,
                                      GError             **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
