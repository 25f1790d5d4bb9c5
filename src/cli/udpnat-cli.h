#pragma once

#include "udpnat-cli-input.h"
#include "udpnat-cli-options.h"
#include "udpnat-cli-view.h"
#include "udpnat-host.h"

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
  UdpnatHost       *host;        /* nullable: the server started or joined here */
  char             *told_reach;  /* nullable: what was told last of its address outside */
  UdpnatCliView    *view;
  UdpnatCliInput   *input;  /* NULL in one-shot modes */
  GMainLoop        *loop;
  GCancellable     *cancellable; /* of look-ups */
  int               exit_status;

  gboolean          is_asking_name; /* the next line typed is a name */
  gboolean          is_locked;      /* the profile has a passphrase */
  gboolean          is_damage_told; /* that not all of the profile can be read */
  gboolean          is_server_silent;
  gboolean          is_mail_refused;  /* so what waits may wait for long */
  gint64            last_progress_us; /* monotonic: something of ours got further */
  gboolean          is_leaving;
  gint64            leave_since_us; /* monotonic, as the next */
  gint64            leave_by_us;
  GSource          *leave_source;
  GSource          *timeout_source;
  GSource          *look_source;    /* PATHS: until the way is found or given up */
  GSource          *list_source;    /* LIST: without a server that says when all are told */
  char             *listed_prefix;  /* nullable: “peers” waits for the server to tell of these */

  char             *awaited_id;     /* SEND: nullable: of the message, when it is on disk */
  int               n_shown;        /* WAIT: messages printed */
  GHashTable       *presence;       /* of people, by key, as it was told last */
  GHashTable       *contacts;       /* what else was told of them last, by key */
  GHashTable       *lines;          /* lines as they were last told, by number */
  GHashTable       *requests;       /* keys of people whose request was explained */
  GPtrArray        *read_lines;     /* told to be read as soon as nothing else is to be told */
  GSource          *read_source;
  GHashTable       *unfound;        /* what is to be said to names that nobody knows yet */
  GPtrArray        *people;         /* whose properties we listen to */
  UdpnatPerson     *typing_to;      /* nullable: who sees that we type */

  GHashTable       *files;          /* SEND_FILES: numbers of lines whose files are not over */
  GPtrArray        *orders;         /* of files for names that nobody knows yet */
  guint             n_files_adding; /* SEND_FILES: given to the client, and not offered yet */
  guint             n_files_failed;
} UdpnatCli;

/* udpnat-cli.c */
int      udpnat_cli_run           (UdpnatCliOptions  *options);
void     udpnat_cli_leave         (UdpnatCli         *self,
                                   int                exit_status);
void     udpnat_cli_fail          (UdpnatCli         *self,
                                   const char        *code,
                                   const char        *format,
                                   ...) G_GNUC_PRINTF (3, 4);
void     udpnat_cli_say_error     (UdpnatCli         *self,
                                   const char        *code,
                                   const GError      *error);
void     udpnat_cli_log_in        (UdpnatCli         *self,
                                   const char        *name);

/* udpnat-cli-profile.c */
gboolean udpnat_cli_open_profile  (UdpnatCli         *self);
int      udpnat_cli_change_passphrase (UdpnatCliOptions *options);
int      udpnat_cli_restore       (UdpnatCliOptions  *options);
int      udpnat_cli_check_network (UdpnatCliOptions  *options);

/* udpnat-cli-commands.c: what input calls */
void     udpnat_cli_handle_line   (const char        *line,
                                   gpointer           user_data);
void     udpnat_cli_handle_overlong (gpointer         user_data);
void     udpnat_cli_handle_typing (const char        *line,
                                   gpointer           user_data);
char   **udpnat_cli_complete      (const char        *before,
                                   gpointer           user_data);

/* udpnat-cli-events.c, -lines.c, -notices.c */
void     udpnat_cli_connect       (UdpnatCli         *self);
void     udpnat_cli_list          (UdpnatCli         *self);
void     udpnat_cli_connect_people (UdpnatCli        *self);
void     udpnat_cli_disconnect_people (UdpnatCli     *self);
void     udpnat_cli_connect_lines (UdpnatCli         *self);
void     udpnat_cli_flush_read    (UdpnatCli         *self);
void     udpnat_cli_remember_line (UdpnatCli         *self,
                                   UdpnatHistoryItem *line);
void     udpnat_cli_show_news     (UdpnatCli         *self);
void     udpnat_cli_warn_of_new_key (UdpnatCli       *self,
                                   UdpnatPerson      *person);

/* udpnat-cli-people.c */
gboolean udpnat_cli_begins_with   (UdpnatPerson      *person,
                                   const char        *prefix);
void     udpnat_cli_show_here     (UdpnatCli         *self,
                                   const char        *prefix);
void     udpnat_cli_show_peers    (UdpnatCli         *self,
                                   const char        *prefix);

/* udpnat-cli-path.c */
void     udpnat_cli_watch_path    (UdpnatCli         *self);
gboolean udpnat_cli_end_watch     (UdpnatCli         *self);

/* udpnat-cli-talk.c */
void     udpnat_cli_send          (UdpnatCli         *self,
                                   const char        *name,
                                   const char        *text);
void     udpnat_cli_send_unfound  (UdpnatCli         *self);
guint    udpnat_cli_count_unfound (UdpnatCli         *self);
void     udpnat_cli_accept        (UdpnatCli         *self,
                                   UdpnatPerson      *person);
guint    udpnat_cli_count_waiting (UdpnatCli         *self);

G_END_DECLS
