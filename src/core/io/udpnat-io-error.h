#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_IO_ERROR (udpnat_io_error_quark ())

/**
 * UdpnatIoError:
 * @UDPNAT_IO_ERROR_ADDRESS_INVALID: not an IP address, or not one of this machine: give another one
 * @UDPNAT_IO_ERROR_PORT_IN_USE: another program has the port: choose another port or stop that
 *   program
 * @UDPNAT_IO_ERROR_PERMISSION: the system forbids it: choose a port from 1024 up, or get the right
 * @UDPNAT_IO_ERROR_FAILED: anything else, such as no network at all
 *
 * One code for each thing that the caller can do about it. Messages are sentences that say what to
 * do.
 */
typedef enum
{
  UDPNAT_IO_ERROR_ADDRESS_INVALID,
  UDPNAT_IO_ERROR_PORT_IN_USE,
  UDPNAT_IO_ERROR_PERMISSION,
  UDPNAT_IO_ERROR_FAILED,
} UdpnatIoError;

GQuark udpnat_io_error_quark (void);

G_END_DECLS
