#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_FAMILY_NONE = 0,
  UDPNAT_FAMILY_TUNNEL = 1, /* a connection that carries datagrams; see init_tunnel() */
  UDPNAT_FAMILY_IPV4 = 4,
  UDPNAT_FAMILY_IPV6 = 6,
} UdpnatFamily;

/* What an address is good for; see RFC 6890 and RFC 4291. */
typedef enum
{
  UDPNAT_SCOPE_UNUSABLE,   /* unspecified, multicast, broadcast, reserved: nothing is sent there */
  UDPNAT_SCOPE_LOOPBACK,
  UDPNAT_SCOPE_LINK_LOCAL, /* 169.254/16, fe80::/10 */
  UDPNAT_SCOPE_PRIVATE,    /* 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7 */
  UDPNAT_SCOPE_GLOBAL,
} UdpnatScope;

/**
 * UdpnatAddress:
 * @family: %UDPNAT_FAMILY_NONE when unset
 * @ip: network order; IPv4 in the first four bytes, the rest zero
 * @port: host order
 * @scope_id: interface index for IPv6 link-local addresses, number of the connection of a tunnel,
 *   else 0; never on the wire
 *
 * An IP address and a port, small enough to copy. Always canonical: an IPv4-mapped IPv6 address
 * is held as IPv4.
 */
typedef struct
{
  guint8  family;
  guint8  ip[16];
  guint16 port;
  guint32 scope_id;
} UdpnatAddress;

#define UDPNAT_ADDRESS_NONE ((UdpnatAddress) { 0 })
/* Longest text of udpnat_address_to_string() with its final zero: "[…%4294967295]:65535". */
#define UDPNAT_ADDRESS_TEXT_BYTES 72

void        udpnat_address_init_ipv4 (UdpnatAddress       *self,
                                      const guint8         ip[4],
                                      guint16              port);
void        udpnat_address_init_ipv6 (UdpnatAddress       *self,
                                      const guint8         ip[16],
                                      guint16              port);
void        udpnat_address_init_tunnel (UdpnatAddress     *self,
                                      const UdpnatAddress *end,
                                      guint32              connection);
void        udpnat_address_get_end   (const UdpnatAddress *self,
                                      UdpnatAddress       *out_end);
gboolean    udpnat_address_parse_ip  (UdpnatAddress       *self,
                                      const char          *ip,
                                      guint16              port) G_GNUC_WARN_UNUSED_RESULT;
gboolean    udpnat_address_equal     (const UdpnatAddress *a,
                                      const UdpnatAddress *b);
gboolean    udpnat_address_equal_ip  (const UdpnatAddress *a,
                                      const UdpnatAddress *b);
UdpnatScope udpnat_address_get_scope (const UdpnatAddress *self);
char       *udpnat_address_to_string (const UdpnatAddress *self,
                                      char                 text[UDPNAT_ADDRESS_TEXT_BYTES]);

static inline gboolean
udpnat_address_is_set (const UdpnatAddress *self)
{
  return self->family != UDPNAT_FAMILY_NONE;
}

static inline gboolean
udpnat_address_is_tunnel (const UdpnatAddress *self)
{
  return self->family == UDPNAT_FAMILY_TUNNEL;
}

G_END_DECLS
