#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

/* What is said, and what was: a part of #UdpnatClient. */

/* Talking: udpnat-client-items.c */
gboolean      udpnat_client_send            (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             const char    *text,
                                             UdpnatHistoryItem *quoted,
                                             char         **out_id,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_edit            (UdpnatClient  *self,
                                             UdpnatHistoryItem *line,
                                             const char    *text,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_react           (UdpnatClient  *self,
                                             UdpnatHistoryItem *line,
                                             const char    *sign,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_delete          (UdpnatClient  *self,
                                             UdpnatHistoryItem *line,
                                             gboolean       for_both,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_withdraw        (UdpnatClient  *self,
                                             UdpnatHistoryItem *line,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_client_mark_read       (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_mark_read_to    (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gint64         number);
void          udpnat_client_set_typing      (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gboolean       is_typing);
void          udpnat_client_set_draft       (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             const char    *text);

/* History: from the disk, at once */
GPtrArray    *udpnat_client_dup_page        (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gint64         before,
                                             guint          n_lines);
GPtrArray    *udpnat_client_dup_page_after  (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gint64         after,
                                             guint          n_lines);
GPtrArray    *udpnat_client_dup_unread      (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             guint          n_lines);
GPtrArray    *udpnat_client_search          (UdpnatClient  *self,
                                             const char    *words,
                                             UdpnatPerson  *person,
                                             gint64         before,
                                             guint          n_lines);
UdpnatHistoryItem *udpnat_client_dup_line   (UdpnatClient  *self,
                                             gint64         number);
UdpnatHistoryItem *udpnat_client_dup_quoted (UdpnatClient  *self,
                                             UdpnatHistoryItem *line);
UdpnatPerson *udpnat_client_get_person_of   (UdpnatClient  *self,
                                             UdpnatHistoryItem *line);
guint         udpnat_client_count_waiting   (UdpnatClient  *self);
void          udpnat_client_clear_history   (UdpnatClient  *self,
                                             UdpnatPerson  *person);
gboolean      udpnat_client_export          (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             const char    *path,
                                             gboolean       is_json,
                                             gboolean       may_replace,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_client_export_async    (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             const char    *path,
                                             gboolean       is_json,
                                             gboolean       may_replace,
                                             GCancellable  *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer       user_data);
gboolean      udpnat_client_export_finish   (UdpnatClient  *self,
                                             GAsyncResult  *result,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
