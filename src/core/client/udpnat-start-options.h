#pragma once

#include "udpnat-invitation-link.h"

G_BEGIN_DECLS

/**
 * UdpnatStartOptions:
 * @server_host: (nullable): the host name or IP address that was given; %NULL: none was
 * @server_port: 0: none was given
 * @invitation: (nullable): to that server; its own one is @server_host already
 * @other_servers: (nullable): further ones that were given, with commas between them
 * @bind_ip: (nullable): own address to listen on; %NULL: all
 * @port: own port to use
 * @n_more_ports: how many after it may be tried when it is taken
 * @name: (nullable): who the user is
 * @profile: folder; what was given, or the default
 * @proxy: (nullable): a URI as GProxyResolver has them, "direct://" for none; %NULL: not given
 *
 * What window and terminal are told on the command line in the same words: --sip, --sport,
 * --server, --invite, --cip, --cport, --name, --profile and --proxy. Strings are owned.
 */
typedef struct
{
  char   *server_host;
  guint16 server_port;
  UdpnatInvitationLink *invitation;
  char   *other_servers;
  char   *bind_ip;
  guint16 port;
  guint   n_more_ports;
  char   *name;
  char   *profile;
  char   *proxy;
} UdpnatStartOptions;

UdpnatStartOptions *udpnat_start_options_new          (void) G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_start_options_free         (UdpnatStartOptions       *self);
GOptionGroup       *udpnat_start_options_create_group (UdpnatStartOptions       *self)
  G_GNUC_WARN_UNUSED_RESULT;
char               *udpnat_start_options_dup_server   (const UdpnatStartOptions *self)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatStartOptions, udpnat_start_options_free)

G_END_DECLS
