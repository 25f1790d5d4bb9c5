#pragma once

#include "udpnat-cli.h"

G_BEGIN_DECLS

/**
 * UdpnatCliCommand:
 * @verb: its first word
 * @usage: (nullable): how it is used; %NULL: another word for another command
 * @words: (nullable): what it does, one line
 * @help: (nullable): what else there is to know
 * @n_names: how many words at its beginning may be names with spaces
 * @is_one_shot: works without a server, from the command line
 * @is_about_people: names follow
 * @has_text: what follows is private, and not for the file of typed lines
 * @run: does it
 */
typedef struct
{
  const char *verb;
  const char *usage;
  const char *words;
  const char *help;
  guint       n_names;
  gboolean    is_one_shot;
  gboolean    is_about_people;
  gboolean    has_text;
  void      (*run) (UdpnatCli  *self,
                    const char *arguments);
} UdpnatCliCommand;

const UdpnatCliCommand *udpnat_cli_commands_find     (const char    *verb);
char                   *udpnat_cli_commands_join     (char         **words)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean                udpnat_cli_commands_may_keep (const char    *line);

/* udpnat-cli-talk.c */
void udpnat_cli_command_send     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_reply    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_edit     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_delete   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_react    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_withdraw (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_note     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_draft    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_waiting  (UdpnatCli *self, const char *arguments);

/* udpnat-cli-files.c */
void udpnat_cli_command_sendfile (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_files    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_take     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_pause    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_resume   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_cancel   (UdpnatCli *self, const char *arguments);

/* udpnat-cli-history.c */
void udpnat_cli_command_history  (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_search   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_unread   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_read     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_export   (UdpnatCli *self, const char *arguments);

/* udpnat-cli-people.c */
void udpnat_cli_command_peers    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_contacts (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_requests (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_accept   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_decline  (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_block    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_unblock  (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_forget   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_nick     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_pin      (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_unpin    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_mute     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_unmute   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_whois    (UdpnatCli *self, const char *arguments);

/* udpnat-cli-keys.c */
void udpnat_cli_command_verify   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_trust    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_link     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_add      (UdpnatCli *self, const char *arguments);

/* udpnat-cli-network.c */
void udpnat_cli_command_paths    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_network  (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_relay    (UdpnatCli *self, const char *arguments);

/* udpnat-cli-self.c */
void udpnat_cli_command_status   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_avatar   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_away     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_back     (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_set      (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_login    (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_logout   (UdpnatCli *self, const char *arguments);
void udpnat_cli_command_backup   (UdpnatCli *self, const char *arguments);

G_END_DECLS
