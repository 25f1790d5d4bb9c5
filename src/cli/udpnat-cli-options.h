#pragma once

#include "udpnat-invitation-link.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_CLI_MODE_INTERACTIVE,
  UDPNAT_CLI_MODE_SEND, /* one message, then out */
  UDPNAT_CLI_MODE_LIST, /* who is there, then out */
  UDPNAT_CLI_MODE_WAIT, /* until so many messages have come, then out */
  UDPNAT_CLI_MODE_SEND_FILES, /* until they have all of them, then out */
  UDPNAT_CLI_MODE_RECEIVE, /* until so many files have come, then out */
  UDPNAT_CLI_MODE_PATHS, /* how one person is reached, then out */
  UDPNAT_CLI_MODE_OFFLINE,    /* one command on the profile alone, then out */
  UDPNAT_CLI_MODE_PASSPHRASE, /* of the profile: set, change, remove */
  UDPNAT_CLI_MODE_RESTORE,    /* a profile from a backup */
  UDPNAT_CLI_MODE_NETCHECK,   /* tests of our own routers, without a profile */
} UdpnatCliMode;

/**
 * UdpnatCliOptions:
 *
 * The command line, checked. Strings are owned; see `udpnat-cli --help` for their meaning.
 */
typedef struct
{
  UdpnatCliMode mode;
  gboolean      is_lan;      /* no server, only people on this network */
  char         *server_host; /* NULL with @is_lan */
  guint16       server_port;
  UdpnatInvitationLink *invitation; /* nullable: to that server */
  char         *other_servers; /* nullable: with commas between them */
  gboolean      is_host; /* start a server when there is none */
  gboolean      is_unmapped; /* do not ask the router to let others in */
  char         *bind_ip; /* nullable: all */
  guint16       port;
  guint         n_more_ports;
  char         *name;    /* nullable */
  char         *profile;
  char         *proxy;   /* nullable */
  gboolean      is_json;
  int           timeout_s;
  char         *to;      /* SEND, SEND_FILES, PATHS; RECEIVE: nullable: from whom only */
  char        **paths;   /* SEND_FILES: nullable */
  char         *folder;  /* RECEIVE: where to */
  char         *text;    /* SEND */
  char         *prefix;  /* LIST: nullable: how names begin */
  int           count;   /* WAIT, RECEIVE */
  char         *line;    /* OFFLINE: the command; PASSPHRASE: which; RESTORE: the file */
  char         *strangers;           /* nullable: value of that setting */
  char         *passphrase_file;     /* nullable: with the profile's, or the backup's */
  char         *new_passphrase_file; /* nullable */
  gboolean      is_keyring;          /* may have the passphrase */
  gboolean      is_unencrypted;      /* the backup */
  char         *stun_host;           /* NETCHECK */
  guint16       stun_port;
  gboolean      is_lifetime_wanted;
} UdpnatCliOptions;

UdpnatCliOptions *udpnat_cli_options_parse (int       *argc,
                                            char    ***argv,
                                            gboolean  *out_is_done,
                                            GError   **error) G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_cli_options_free  (UdpnatCliOptions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatCliOptions, udpnat_cli_options_free)

G_END_DECLS
