#pragma once

#include <adwaita.h>

#include "udpnat-attachment.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_ATTACHMENT_TRAY (udpnat_attachment_tray_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatAttachmentTray, udpnat_attachment_tray, UDPNAT, ATTACHMENT_TRAY, AdwBin)

/**
 * UdpnatAttachmentTray:
 *
 * What the user has put beside the message that is being written, for each conversation apart.
 * Signals: "changed": what can be sent is more or less than before; "removed" (attachment): the
 * user has taken one away, which may be under way.
 */

void udpnat_attachment_tray_set_key (UdpnatAttachmentTray *self,
                                     const char           *key_text);
void udpnat_attachment_tray_add     (UdpnatAttachmentTray *self,
                                     UdpnatAttachment     *attachment);
GPtrArray        *udpnat_attachment_tray_dup_waiting (UdpnatAttachmentTray *self)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatAttachment *udpnat_attachment_tray_find        (UdpnatAttachmentTray *self,
                                                      const char           *key_text,
                                                      const char           *path);
gboolean          udpnat_attachment_tray_has         (UdpnatAttachmentTray *self,
                                                      const char           *key_text,
                                                      UdpnatAttachment     *attachment);
guint             udpnat_attachment_tray_count_under_way (UdpnatAttachmentTray *self);
void              udpnat_attachment_tray_remove      (UdpnatAttachmentTray *self,
                                                      const char           *key_text,
                                                      UdpnatAttachment     *attachment);

G_END_DECLS
