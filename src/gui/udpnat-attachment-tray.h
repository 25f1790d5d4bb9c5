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
 */

void udpnat_attachment_tray_set_key (UdpnatAttachmentTray *self,
                                     const char           *key_text);
void udpnat_attachment_tray_add     (UdpnatAttachmentTray *self,
                                     UdpnatAttachment     *attachment);

G_END_DECLS
