#pragma once

#include <adwaita.h>

#include "udpnat-transfer.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_FILE_ROW (udpnat_file_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatFileRow, udpnat_file_row, UDPNAT, FILE_ROW, GtkBox)

/**
 * UdpnatFileRequest:
 *
 * What the user wants to be done with a transfer.
 */
typedef enum
{
  UDPNAT_FILE_REQUEST_ACCEPT,
  UDPNAT_FILE_REQUEST_ACCEPT_IN, /* another folder than usual */
  UDPNAT_FILE_REQUEST_DECLINE,
  UDPNAT_FILE_REQUEST_PAUSE,
  UDPNAT_FILE_REQUEST_RESUME,
  UDPNAT_FILE_REQUEST_CANCEL,
  UDPNAT_FILE_REQUEST_OPEN,
  UDPNAT_FILE_REQUEST_SHOW,
} UdpnatFileRequest;

/**
 * UdpnatFileRow:
 *
 * A file or picture in a conversation, and how far it has come. Signal "requested" (a
 * #UdpnatFileRequest).
 */

GtkWidget *udpnat_file_row_new           (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_file_row_bind          (UdpnatFileRow  *self,
                                          UdpnatTransfer *transfer,
                                          const char     *title);
void       udpnat_file_row_set_paintable (UdpnatFileRow  *self,
                                          GdkPaintable   *paintable);
char      *udpnat_file_row_dup_name      (UdpnatFileRow  *self) G_GNUC_WARN_UNUSED_RESULT;
gboolean   udpnat_file_row_is_picture    (UdpnatTransfer *transfer);

G_END_DECLS
