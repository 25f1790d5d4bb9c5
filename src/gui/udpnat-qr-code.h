#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_QR_CODE (udpnat_qr_code_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatQrCode, udpnat_qr_code, UDPNAT, QR_CODE, GtkWidget)

/**
 * UdpnatQrCode:
 *
 * A text as a QR code. Property: text (nullable: nothing is drawn). Its owner gives it a name for
 * screen readers.
 */

GtkWidget *udpnat_qr_code_new      (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_qr_code_set_text (UdpnatQrCode *self,
                                    const char   *text);

G_END_DECLS
