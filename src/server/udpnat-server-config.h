#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_SERVER_TUNNEL_PORTS_MAX 4

/* Two servers on one machine then need only different first ports. */
#define UDPNAT_SERVER_ALT_PORT_NEXT (-1)

/**
 * UdpnatServerConfig:
 * @ip: (nullable): what to listen on; %NULL for all addresses of both families
 * @alt_ip: (nullable): second address of the same family, for NAT tests; needs @ip and a second
 *   port
 * @port: 0 lets the system choose
 * @alt_port: second port, for NAT tests; 0 for none, %UDPNAT_SERVER_ALT_PORT_NEXT for the one after
 *   the first
 * @tunnel_ports: TCP ports for those whose network lets no UDP through
 * @n_tunnel_ports: how many of them; 0 for none
 * @is_tunnel_chosen: whether @tunnel_ports counts; else it is up to the server
 * @tls_cert: (nullable): file with a certificate for these ports; %NULL for one of the server's own
 * @tls_key: (nullable): likewise, with its key
 * @state_dir: where key and names live
 * @idle_exit_s: exit when nobody has been registered for so many seconds; 0 for never
 * @has_mailbox: keep letters for those who are away
 * @mailbox_days: how long
 * @mailbox_bytes: how much for one recipient
 * @mailbox_total_bytes: how much for all
 * @map_port: have the router let people in from outside
 * @print_address: say also which addresses clients may use
 * @print_version: say the version and exit
 *
 * What the command line and the environment ask for.
 */
typedef struct
{
  char    *ip;
  char    *alt_ip;
  guint16  port;
  int      alt_port;
  guint16  tunnel_ports[UDPNAT_SERVER_TUNNEL_PORTS_MAX];
  guint    n_tunnel_ports;
  gboolean is_tunnel_chosen;
  char    *tls_cert;
  char    *tls_key;
  char    *state_dir;
  guint    idle_exit_s;
  gboolean has_mailbox;
  guint    mailbox_days;
  gint64   mailbox_bytes;
  gint64   mailbox_total_bytes;
  gboolean map_port;
  gboolean print_address;
  gboolean print_version;
} UdpnatServerConfig;

gboolean udpnat_server_config_parse (UdpnatServerConfig *out_config,
                                     char              **arguments,
                                     GError            **error) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_server_config_clear (UdpnatServerConfig *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UdpnatServerConfig, udpnat_server_config_clear)

G_END_DECLS
