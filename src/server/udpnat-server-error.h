#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_SERVER_ERROR (udpnat_server_error_quark ())

/**
 * UdpnatServerError:
 * @UDPNAT_SERVER_ERROR_USAGE: the command line is wrong
 * @UDPNAT_SERVER_ERROR_CONFIG: the configuration file is wrong
 * @UDPNAT_SERVER_ERROR_STATE_DIR: the state directory cannot be made or written
 * @UDPNAT_SERVER_ERROR_STATE_IN_USE: another server has it
 * @UDPNAT_SERVER_ERROR_KEY: the server's key file cannot be used as it is
 * @UDPNAT_SERVER_ERROR_NAMES_DAMAGED: the file of names is not what it should be
 * @UDPNAT_SERVER_ERROR_NAMES_FAILED: it could not be read or written just now
 * @UDPNAT_SERVER_ERROR_NAME_TAKEN: the name belongs to another key
 * @UDPNAT_SERVER_ERROR_ACCESS_DAMAGED: the file of invitations and blocked names is not what it
 *   should be
 * @UDPNAT_SERVER_ERROR_ACCESS_FAILED: it could not be read or written just now
 * @UDPNAT_SERVER_ERROR_ORDER: a running server has not done what it was told
 * @UDPNAT_SERVER_ERROR_MAIL_DAMAGED: the file of letters is not what it should be
 * @UDPNAT_SERVER_ERROR_MAIL_FAILED: it could not be read or written just now
 * @UDPNAT_SERVER_ERROR_STATUS: how a server does cannot be told, or not there
 * @UDPNAT_SERVER_ERROR_NOT_RUNNING: no server has this state directory
 *
 * One code for each thing that the caller can do about it. Messages are sentences that say what to
 * do.
 */
typedef enum
{
  UDPNAT_SERVER_ERROR_USAGE,
  UDPNAT_SERVER_ERROR_CONFIG,
  UDPNAT_SERVER_ERROR_STATE_DIR,
  UDPNAT_SERVER_ERROR_STATE_IN_USE,
  UDPNAT_SERVER_ERROR_KEY,
  UDPNAT_SERVER_ERROR_NAMES_DAMAGED,
  UDPNAT_SERVER_ERROR_NAMES_FAILED,
  UDPNAT_SERVER_ERROR_NAME_TAKEN,
  UDPNAT_SERVER_ERROR_ACCESS_DAMAGED,
  UDPNAT_SERVER_ERROR_ACCESS_FAILED,
  UDPNAT_SERVER_ERROR_ORDER,
  UDPNAT_SERVER_ERROR_MAIL_DAMAGED,
  UDPNAT_SERVER_ERROR_MAIL_FAILED,
  UDPNAT_SERVER_ERROR_STATUS,
  UDPNAT_SERVER_ERROR_NOT_RUNNING,
} UdpnatServerError;

GQuark udpnat_server_error_quark (void);

G_END_DECLS
