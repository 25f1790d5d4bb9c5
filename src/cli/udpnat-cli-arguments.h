#pragma once

#include "udpnat-cli.h"

G_BEGIN_DECLS

/* Reading what stands after a command. Each call takes its part off the front of @arguments. */
char              *udpnat_cli_take_word   (const char **arguments) G_GNUC_WARN_UNUSED_RESULT;
gboolean           udpnat_cli_take_option (const char **arguments,
                                           const char  *option) G_GNUC_WARN_UNUSED_RESULT;
gboolean           udpnat_cli_is_end      (UdpnatCli   *self,
                                           const char  *arguments,
                                           const char  *usage) G_GNUC_WARN_UNUSED_RESULT;
UdpnatPerson      *udpnat_cli_find_person (UdpnatCli   *self,
                                           const char  *name);
UdpnatPerson      *udpnat_cli_take_person (UdpnatCli   *self,
                                           const char **arguments,
                                           const char  *usage);
UdpnatPerson      *udpnat_cli_take_only_person (UdpnatCli *self,
                                           const char  *arguments,
                                           const char  *usage);
gboolean           udpnat_cli_parse_number (const char *word,
                                           gint64      *out_number) G_GNUC_WARN_UNUSED_RESULT;
UdpnatHistoryItem *udpnat_cli_take_line   (UdpnatCli   *self,
                                           const char **arguments,
                                           const char  *usage) G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_cli_say_usage   (UdpnatCli   *self,
                                           const char  *usage);

G_END_DECLS
