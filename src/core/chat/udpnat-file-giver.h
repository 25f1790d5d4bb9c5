#pragma once

#include "udpnat-file-event.h"
#include "udpnat-file-message.h"

G_BEGIN_DECLS

/**
 * UdpnatFileGiver:
 *
 * The sender's half of files with one peer: takes what is asked for, has it read by its owner, and
 * fills the file stream. It touches no disk and knows no tree: of what is asked it knows only
 * whether it was offered.
 */
typedef struct _UdpnatFileGiver UdpnatFileGiver;

UdpnatFileGiver *udpnat_file_giver_new            (void) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_file_giver_free           (UdpnatFileGiver         *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileGiver, udpnat_file_giver_free)

gboolean         udpnat_file_giver_serve          (UdpnatFileGiver         *self,
                                                   const UdpnatMessageId   *id,
                                                   guint8                   reason);
void             udpnat_file_giver_withdraw       (UdpnatFileGiver         *self,
                                                   const UdpnatMessageId   *id);
void             udpnat_file_giver_give_chunk     (UdpnatFileGiver         *self,
                                                   const UdpnatMessageId   *id,
                                                   guint32                  file,
                                                   guint64                  chunk,
                                                   GBytes                  *data);
void             udpnat_file_giver_give_hashes    (UdpnatFileGiver         *self,
                                                   const UdpnatMessageId   *id,
                                                   guint32                  file,
                                                   guint8                   level,
                                                   guint64                  block,
                                                   GBytes                  *data);

gboolean         udpnat_file_giver_handle_message (UdpnatFileGiver         *self,
                                                   const UdpnatFileMessage *message)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_file_giver_has_unsent     (const UdpnatFileGiver   *self);
gboolean         udpnat_file_giver_write_next     (UdpnatFileGiver         *self,
                                                   GByteArray              *out,
                                                   gsize                    n_max);
void             udpnat_file_giver_restart        (UdpnatFileGiver         *self);
UdpnatFileEvent *udpnat_file_giver_pop_event      (UdpnatFileGiver         *self)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
