#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * UdpnatTransferState:
 * @UDPNAT_TRANSFER_STATE_OFFERED: the receiver has not said yes yet
 * @UDPNAT_TRANSFER_STATE_ACCEPTED: said yes; nothing has come yet
 * @UDPNAT_TRANSFER_STATE_RUNNING: bytes go over, unless one of the two has paused it
 * @UDPNAT_TRANSFER_STATE_DONE: all of it is there, and it is what was offered
 * @UDPNAT_TRANSFER_STATE_FAILED: it stands; the reason says why
 * @UDPNAT_TRANSFER_STATE_CANCELLED: one of the two does not want it any more
 */
typedef enum
{
  UDPNAT_TRANSFER_STATE_OFFERED,
  UDPNAT_TRANSFER_STATE_ACCEPTED,
  UDPNAT_TRANSFER_STATE_RUNNING,
  UDPNAT_TRANSFER_STATE_DONE,
  UDPNAT_TRANSFER_STATE_FAILED,
  UDPNAT_TRANSFER_STATE_CANCELLED,
} UdpnatTransferState;

#define UDPNAT_TYPE_TRANSFER (udpnat_transfer_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatTransfer, udpnat_transfer, UDPNAT, TRANSFER, GObject)

/**
 * UdpnatTransfer:
 *
 * A file on its way from one to the other, as views see it. It moves nothing by itself. Properties:
 * name, size (bytes), content-type, outgoing, state, paused-here, paused-there, done (bytes), rate
 * (bytes/s), reason (a code), path (nullable), picture-width, picture-height (pixels, 0 when it is
 * no picture, known before the picture is here), thumbnail (a #GBytes, %NULL when there is none),
 * line (number of the line that offers it, 0: none), folder, files (how many are in it).
 */

UdpnatTransfer      *udpnat_transfer_new              (const char          *name,
                                                       gint64               size_bytes,
                                                       const char          *content_type,
                                                       gboolean             is_outgoing)
  G_GNUC_WARN_UNUSED_RESULT;

const char          *udpnat_transfer_get_name         (UdpnatTransfer      *self);
gint64               udpnat_transfer_get_size         (UdpnatTransfer      *self);
const char          *udpnat_transfer_get_content_type (UdpnatTransfer      *self);
gboolean             udpnat_transfer_is_outgoing      (UdpnatTransfer      *self);
UdpnatTransferState  udpnat_transfer_get_state        (UdpnatTransfer      *self);
gboolean             udpnat_transfer_is_paused_here   (UdpnatTransfer      *self);
gboolean             udpnat_transfer_is_paused_there  (UdpnatTransfer      *self);
gint64               udpnat_transfer_get_done         (UdpnatTransfer      *self);
gint64               udpnat_transfer_get_rate         (UdpnatTransfer      *self);
gint64               udpnat_transfer_get_left_s       (UdpnatTransfer      *self);
const char          *udpnat_transfer_get_reason       (UdpnatTransfer      *self);
const char          *udpnat_transfer_get_path         (UdpnatTransfer      *self);
int                  udpnat_transfer_get_width        (UdpnatTransfer      *self);
int                  udpnat_transfer_get_height       (UdpnatTransfer      *self);
gint64               udpnat_transfer_get_line         (UdpnatTransfer      *self);
gboolean             udpnat_transfer_is_folder        (UdpnatTransfer      *self);
guint                udpnat_transfer_get_n_files      (UdpnatTransfer      *self);
GBytes              *udpnat_transfer_get_thumbnail    (UdpnatTransfer      *self);
const char          *udpnat_transfer_get_state_code   (UdpnatTransfer      *self);

/* For who moves it */
void                 udpnat_transfer_set_state        (UdpnatTransfer      *self,
                                                       UdpnatTransferState  state,
                                                       const char          *reason);
void                 udpnat_transfer_set_paused       (UdpnatTransfer      *self,
                                                       gboolean             here,
                                                       gboolean             there);
void                 udpnat_transfer_set_progress     (UdpnatTransfer      *self,
                                                       gint64               done_bytes,
                                                       gint64               rate_bytes_per_s);
void                 udpnat_transfer_set_path         (UdpnatTransfer      *self,
                                                       const char          *path);
void                 udpnat_transfer_set_picture_size (UdpnatTransfer      *self,
                                                       int                  width,
                                                       int                  height);
void                 udpnat_transfer_set_line         (UdpnatTransfer      *self,
                                                       gint64               line);
void                 udpnat_transfer_set_files        (UdpnatTransfer      *self,
                                                       gboolean             is_folder,
                                                       guint                n_files);
void                 udpnat_transfer_set_thumbnail    (UdpnatTransfer      *self,
                                                       GBytes              *thumbnail);

char                *udpnat_transfer_describe         (UdpnatTransfer      *self,
                                                       const char          *title)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
