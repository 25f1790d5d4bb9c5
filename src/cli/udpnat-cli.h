#pragma once

#include "udpnat-cli-input.h"
#include "udpnat-cli-options.h"
#include "udpnat-cli-view.h"

G_BEGIN_DECLS

/**
 * UdpnatCli:
 *
 * The terminal program while it runs.
 */
typedef struct
{
  UdpnatCliOptions *options; /* borrowed */
  UdpnatClient     *client;
  UdpnatCliView    *view;
  UdpnatCliInput   *input;  /* NULL in one-shot modes */
  GMainLoop        *loop;
  int               exit_status;

  gboolean          is_asking_name; /* the next line typed is a name */
  gboolean          is_leaving;
  gint64            leave_by_us;    /* monotonic */
  GSource          *leave_source;
  GSource          *timeout_source;
  gboolean          is_sent;        /* SEND: has been handed over */
  int               n_received;     /* WAIT */
  GHashTable       *online;         /* names (owned) said to be online: only changes are shown */
} UdpnatCli;

int  udpnat_cli_run          (UdpnatCliOptions *options);

/* udpnat-cli-commands.c */
void udpnat_cli_handle_line  (const char       *line,
                              gpointer          user_data);
void udpnat_cli_handle_overlong (gpointer       user_data);
char **udpnat_cli_complete   (const char       *before,
                              gpointer          user_data);

/* udpnat-cli-events.c */
void udpnat_cli_connect      (UdpnatCli        *self);

/* udpnat-cli.c */
void udpnat_cli_leave        (UdpnatCli        *self,
                              int               exit_status);
void udpnat_cli_fail         (UdpnatCli        *self,
                              const char       *code,
                              const char       *format,
                              ...) G_GNUC_PRINTF (3, 4);
void udpnat_cli_log_in       (UdpnatCli        *self,
                              const char       *name);

G_END_DECLS
