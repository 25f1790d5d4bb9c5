#pragma once

#include <glib.h>

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatLink:
 * @name: as udpnat_name_normalize() gives it
 * @server_host: (nullable): host name in ASCII and lower case, or IP address without brackets;
 *   %NULL: our own server
 * @server_port: in host order; %UDPNAT_SERVER_PORT unless the link says otherwise
 * @key: set when @has_key
 * @has_key: whether the link says whose name it is, so that nobody else can pass for it
 *
 * Where to find somebody: `udpnat:name@server?key=…`.
 */
typedef struct
{
  char           *name;
  char           *server_host;
  guint16         server_port;
  UdpnatPublicKey key;
  gboolean        has_key;
} UdpnatLink;

UdpnatLink *udpnat_link_parse     (const char            *text,
                                   GError               **error) G_GNUC_WARN_UNUSED_RESULT;
UdpnatLink *udpnat_link_new       (const char            *name,
                                   const char            *server_host,
                                   guint16                server_port,
                                   const UdpnatPublicKey *key) G_GNUC_WARN_UNUSED_RESULT;
void        udpnat_link_free      (UdpnatLink            *self);
char       *udpnat_link_to_string (const UdpnatLink      *self) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatLink, udpnat_link_free)

G_END_DECLS
