#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatQr:
 *
 * A QR code: a square of dark and light modules, for a terminal or to be drawn in a window.
 */
typedef struct _UdpnatQr UdpnatQr;

UdpnatQr *udpnat_qr_new      (const char     *data) G_GNUC_WARN_UNUSED_RESULT;
void      udpnat_qr_free     (UdpnatQr       *self);
guint     udpnat_qr_get_size (const UdpnatQr *self);
gboolean  udpnat_qr_is_dark  (const UdpnatQr *self,
                              int             x,
                              int             y);
char     *udpnat_qr_to_text  (const UdpnatQr *self,
                              gboolean        has_colours) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatQr, udpnat_qr_free)

G_END_DECLS
