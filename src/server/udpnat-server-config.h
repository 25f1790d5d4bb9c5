#pragma once

#include "udpnat-directory-kind.h"
#include "udpnat-server-settings.h"

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
 * @is_state_dir_found: nobody has named it
 * @idle_exit_s: exit when nobody has been registered for so many seconds; 0 for never
 * @directory_kind: who is told which names there are
 * @has_mailbox: keep letters for those who are away
 * @mailbox_days: how long
 * @mailbox_bytes: how much for one recipient
 * @mailbox_total_bytes: how much for all
 * @relay_bytes_per_second: how much is relayed for each client, in the long run
 * @is_invited_only: a name needs an invitation, or the operator's word
 * @allow_list: (nullable): file of keys and names that need none
 * @public_name: (nullable): as people reach this server: "host" or "host:port"
 * @map_port: have the router let people in from outside
 * @print_address: say also which addresses clients may use
 * @directory: (nullable): URL of what is shared with other servers; %NULL: it stands alone
 * @directory_password_file: (nullable): with its password in the first line; likewise
 * @directory_ca: (nullable): absolute path: who may have signed its certificate; likewise
 * @node_address: (nullable): "host" or "host:port": where clients reach this one; with @directory
 * @watch_s: after how many seconds of silence its clients ask; likewise
 * @status_ip: (nullable): where to tell how the server does; %NULL for this machine only
 * @status_port: and by which TCP port; counts only with @status_ip
 * @is_status_off: nowhere
 * @log_events: print events on stderr where they do not go to the journal
 * @log_names: with names
 * @log_addresses: with addresses
 * @config_path: (nullable): the file that was read; %NULL for none
 * @check_config: say what would be used and exit
 * @order: (nullable): tell it to the running server and exit
 * @print_status: ask the running server how it does, say that and exit
 * @drain: have the running server send everybody elsewhere and end, and exit
 * @print_version: say the version and exit
 *
 * What the command line, the file and the environment ask for.
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
  gboolean is_state_dir_found;
  guint    idle_exit_s;
  UdpnatDirectoryKind directory_kind;
  gboolean has_mailbox;
  guint    mailbox_days;
  gint64   mailbox_bytes;
  gint64   mailbox_total_bytes;
  gint64   relay_bytes_per_second;
  gboolean is_invited_only;
  char    *allow_list;
  char    *public_name;
  gboolean map_port;
  gboolean print_address;
  char    *directory;
  char    *directory_password_file;
  char    *directory_ca;
  char    *node_address;
  guint    watch_s;
  char    *status_ip;
  guint16  status_port;
  gboolean is_status_off;
  gboolean log_events;
  gboolean log_names;
  gboolean log_addresses;
  char    *config_path;
  gboolean check_config;
  char    *order;
  gboolean print_status;
  gboolean drain;
  gboolean print_version;
} UdpnatServerConfig;

gboolean udpnat_server_config_parse         (UdpnatServerConfig       *out_config,
                                             char                    **arguments,
                                             GError                  **error)
                                             G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_server_config_take_settings (UdpnatServerConfig       *out_config,
                                             UdpnatServerSettings     *settings);
char    *udpnat_server_config_to_text       (const UdpnatServerConfig *self)
                                             G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_server_config_clear         (UdpnatServerConfig       *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UdpnatServerConfig, udpnat_server_config_clear)

G_END_DECLS
