#include "config.h"

#include "udpnat-address.h"

#include <string.h>

/* IP addresses as values. Text is read and written by hand: nothing here may ask a name server or
 * the system, and the text must be the same everywhere.
 *
 * Rules: RFC 4291 section 2.2 (IPv6 text), RFC 5952 (its canonical form), RFC 6874's bare "%number"
 * for the interface, RFC 6890 and 4291 section 2.4 (what a range is for). */

/* "::ffff:0:0/96" */
static const guint8 mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
/* "64:ff9b::/96", RFC 6052: IPv4 behind a NAT64 */
static const guint8 nat64_prefix[12] = { 0x00, 0x64, 0xff, 0x9b };

/**
 * udpnat_address_init_ipv4:
 * @ip: network order
 * @port: host order
 */
void
udpnat_address_init_ipv4 (UdpnatAddress *self,
                          const guint8   ip[4],
                          guint16        port)
{
  *self = (UdpnatAddress) { .family = UDPNAT_FAMILY_IPV4, .port = port };
  memcpy (self->ip, ip, 4);
}

/**
 * udpnat_address_init_ipv6:
 * @ip: network order; an IPv4-mapped address gives an IPv4 address
 * @port: host order
 *
 * For a link-local address the caller sets `scope_id` afterwards, if it is known.
 */
void
udpnat_address_init_ipv6 (UdpnatAddress *self,
                          const guint8   ip[16],
                          guint16        port)
{
  if (memcmp (ip, mapped_prefix, sizeof mapped_prefix) == 0)
    {
      udpnat_address_init_ipv4 (self, ip + 12, port);
      return;
    }

  *self = (UdpnatAddress) { .family = UDPNAT_FAMILY_IPV6, .port = port };
  memcpy (self->ip, ip, 16);
}

/**
 * udpnat_address_init_tunnel:
 * @end: the other end of the connection, or unset where it does not matter
 * @connection: number of the connection, so that no two have the same address
 *
 * Makes the address of somebody whose datagrams come through a connection. It is of no use to
 * anybody but the socket layer of the program that accepted it.
 */
void
udpnat_address_init_tunnel (UdpnatAddress       *self,
                            const UdpnatAddress *end,
                            guint32              connection)
{
  *self = (UdpnatAddress) {
    .family = UDPNAT_FAMILY_TUNNEL,
    .port = end->port,
    .scope_id = connection,
  };
  if (end->family == UDPNAT_FAMILY_IPV4)
    {
      memcpy (self->ip, mapped_prefix, sizeof mapped_prefix);
      memcpy (self->ip + sizeof mapped_prefix, end->ip, 4);
    }
  else
    memcpy (self->ip, end->ip, sizeof self->ip);
}

/**
 * udpnat_address_get_end:
 * @out_end: (out caller-allocates): the IP address and port where @self is: of a tunnel, those of
 *   the other end of its connection; else @self
 */
void
udpnat_address_get_end (const UdpnatAddress *self,
                        UdpnatAddress       *out_end)
{
  if (udpnat_address_is_tunnel (self))
    udpnat_address_init_ipv6 (out_end, self->ip, self->port);
  else
    *out_end = *self;
}

/* ---- Text to address ---- */

/* Decimal number without sign or leading zeros, which some readers take for octal. */
static gboolean
parse_decimal (const char **text,
               guint64      max,
               guint64     *out_value)
{
  const char *p = *text;
  guint64 value = 0;

  if (!g_ascii_isdigit (*p) || (*p == '0' && g_ascii_isdigit (p[1])))
    return FALSE;

  for (; g_ascii_isdigit (*p); p++)
    {
      value = value * 10 + (guint64) g_ascii_digit_value (*p);
      if (value > max)
        return FALSE;
    }

  *text = p;
  *out_value = value;

  return TRUE;
}

/* Reads to the end of @text. */
static gboolean
parse_ipv4 (const char *text,
            guint8      out_ip[4])
{
  for (guint i = 0; i < 4; i++)
    {
      guint64 value;

      if (i > 0 && *text++ != '.')
        return FALSE;
      if (!parse_decimal (&text, 255, &value))
        return FALSE;
      out_ip[i] = (guint8) value;
    }

  return *text == '\0';
}

static gboolean
parse_group (const char **text,
             guint8       out_ip[2])
{
  guint value = 0;
  guint n_digits = 0;

  for (; g_ascii_isxdigit (**text); (*text)++)
    {
      if (++n_digits > 4)
        return FALSE;
      value = value << 4 | (guint) g_ascii_xdigit_value (**text);
    }

  out_ip[0] = (guint8) (value >> 8);
  out_ip[1] = (guint8) value;

  return n_digits > 0;
}

/* Reads groups up to the end or up to "::", of which the second ':' is left in @text. */
static gboolean
parse_groups (const char **text,
              guint8      *out_ip,
              guint        max_bytes,
              guint       *out_n_bytes)
{
  guint n = 0;

  while (TRUE)
    {
      const char *start = *text;

      if (n + 2 > max_bytes || !parse_group (text, out_ip + n))
        return FALSE;
      n += 2;

      if (**text == '.') /* that was no group, but the beginning of an IPv4 address */
        {
          if (n + 2 > max_bytes || !parse_ipv4 (start, out_ip + n - 2))
            return FALSE;
          n += 2;
          *text += strlen (*text);
        }

      *out_n_bytes = n;
      if (**text == '\0')
        return TRUE;
      if (*(*text)++ != ':')
        return FALSE;
      if (**text == ':')
        return TRUE;
    }
}

static gboolean
parse_ipv6 (const char *text,
            guint8      out_ip[16])
{
  guint8 tail[16];
  guint n_head = 0, n_tail = 0;

  memset (out_ip, 0, 16);
  if (text[0] == ':' && text[1] == ':')
    text++;
  else if (!parse_groups (&text, out_ip, 16, &n_head))
    return FALSE;

  if (*text == '\0')
    return n_head == 16;

  text++; /* the second ':' */
  if (*text == '\0')
    return n_head <= 14;

  /* "::" stands for at least one group (RFC 4291 section 2.2). */
  if (n_head > 14 || !parse_groups (&text, tail, 14 - n_head, &n_tail) || *text != '\0')
    return FALSE;

  memcpy (out_ip + 16 - n_tail, tail, n_tail);

  return TRUE;
}

static gboolean
is_link_scoped (const UdpnatAddress *self)
{
  if (self->family != UDPNAT_FAMILY_IPV6)
    return FALSE;

  return (self->ip[0] == 0xfe && (self->ip[1] & 0xc0) == 0x80)
         || (self->ip[0] == 0xff && (self->ip[1] & 0x0f) <= 2);
}

static gboolean
parse_ip (UdpnatAddress *self,
          const char    *ip,
          guint16        port)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  guint8 bytes[16];
  char *percent;
  guint64 scope_id = 0;

  if (strlen (ip) >= sizeof text)
    return FALSE;
  strcpy (text, ip);

  if (parse_ipv4 (text, bytes))
    {
      udpnat_address_init_ipv4 (self, bytes, port);
      return TRUE;
    }

  percent = strchr (text, '%');
  if (percent != NULL)
    {
      const char *number = percent + 1;

      *percent = '\0';
      if (!parse_decimal (&number, G_MAXUINT32, &scope_id) || *number != '\0')
        return FALSE;
    }

  if (!parse_ipv6 (text, bytes))
    return FALSE;

  udpnat_address_init_ipv6 (self, bytes, port);
  self->scope_id = (guint32) scope_id;

  return percent == NULL || is_link_scoped (self);
}

/**
 * udpnat_address_parse_ip:
 * @ip: "192.0.2.1", "2001:db8::1", "fe80::1%3"; no brackets, no port, no host name
 * @port: host order
 *
 * Reads the text form of an IP address. An interface is given by number, and only where it means
 * something (link-local addresses).
 *
 * Returns: %FALSE when @ip is no IP address; @self is then %UDPNAT_ADDRESS_NONE
 */
gboolean
udpnat_address_parse_ip (UdpnatAddress *self,
                         const char    *ip,
                         guint16        port)
{
  if (parse_ip (self, ip, port))
    return TRUE;

  *self = UDPNAT_ADDRESS_NONE;

  return FALSE;
}

/* ---- Comparison ---- */

/**
 * udpnat_address_equal_ip:
 *
 * Returns: whether both have the same IP address (on the same link), whatever the ports
 */
gboolean
udpnat_address_equal_ip (const UdpnatAddress *a,
                         const UdpnatAddress *b)
{
  /* Field by field: the struct has padding. */
  return a->family == b->family
         && a->scope_id == b->scope_id
         && memcmp (a->ip, b->ip, sizeof a->ip) == 0;
}

/**
 * udpnat_address_equal:
 *
 * Returns: whether both are the same IP address (on the same link) and port
 */
gboolean
udpnat_address_equal (const UdpnatAddress *a,
                      const UdpnatAddress *b)
{
  return a->port == b->port && udpnat_address_equal_ip (a, b);
}

/* ---- What an address is good for ---- */

static UdpnatScope
get_ipv4_scope (const guint8 ip[4])
{
  if (ip[0] == 0 || ip[0] >= 224)
    return UDPNAT_SCOPE_UNUSABLE;
  if (ip[0] == 127)
    return UDPNAT_SCOPE_LOOPBACK;
  if (ip[0] == 169 && ip[1] == 254)
    return UDPNAT_SCOPE_LINK_LOCAL;

  if (ip[0] == 10
      || (ip[0] == 172 && (ip[1] & 0xf0) == 16)
      || (ip[0] == 192 && ip[1] == 168)
      || (ip[0] == 100 && (ip[1] & 0xc0) == 64)
      /* RFC 7335: a host's own address behind 464XLAT or DS-Lite. */
      || (ip[0] == 192 && ip[1] == 0 && ip[2] == 0))
    return UDPNAT_SCOPE_PRIVATE;

  /* Ranges for documentation and benchmarks too: they lead nowhere, and test networks play the
   * internet with them. */
  return UDPNAT_SCOPE_GLOBAL;
}

/* An IPv4 address in IPv6 clothes may be of use only where it would be routed as what it is:
 * otherwise it is a way around the rules for IPv4. */
static UdpnatScope
get_embedded_scope (const guint8 ip[4])
{
  return get_ipv4_scope (ip) == UDPNAT_SCOPE_GLOBAL ? UDPNAT_SCOPE_GLOBAL : UDPNAT_SCOPE_UNUSABLE;
}

static UdpnatScope
get_ipv6_scope (const guint8 ip[16])
{
  static const guint8 loopback[16] = { [15] = 1 };

  if (memcmp (ip, loopback, 16) == 0)
    return UDPNAT_SCOPE_LOOPBACK;
  if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
    return UDPNAT_SCOPE_LINK_LOCAL;
  /* fc00::/7, and the site-local range that it replaced (RFC 3879) */
  if ((ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0))
    return UDPNAT_SCOPE_PRIVATE;
  if (memcmp (ip, nat64_prefix, sizeof nat64_prefix) == 0)
    return get_embedded_scope (ip + 12);
  if (ip[0] == 0x20 && ip[1] == 0x02) /* 6to4, RFC 3056 */
    return get_embedded_scope (ip + 2);

  /* Only 2000::/3 has been given out (RFC 4291 section 2.4); the rest, multicast and the
   * unspecified address are for nobody. */
  return (ip[0] & 0xe0) == 0x20 ? UDPNAT_SCOPE_GLOBAL : UDPNAT_SCOPE_UNUSABLE;
}

/**
 * udpnat_address_get_scope:
 *
 * Tells what kind of address it is, so that callers can decide whether a stranger may send us
 * there. The port does not matter.
 *
 * Returns: the scope; %UDPNAT_SCOPE_UNUSABLE for an unset address
 */
UdpnatScope
udpnat_address_get_scope (const UdpnatAddress *self)
{
  if (self->family == UDPNAT_FAMILY_IPV4)
    return get_ipv4_scope (self->ip);
  if (self->family == UDPNAT_FAMILY_IPV6)
    return get_ipv6_scope (self->ip);

  return UDPNAT_SCOPE_UNUSABLE;
}

/* ---- Address to text ---- */

static guint
get_group (const guint8 ip[16],
           guint        i)
{
  return (guint) ip[2 * i] << 8 | ip[2 * i + 1];
}

/* The longest run of at least two zero groups, the first of equals: RFC 5952 section 4.2. */
static guint
find_zero_run (const guint8  ip[16],
               guint        *out_length)
{
  guint best = 8, best_length = 1;

  for (guint i = 0; i < 8; i++)
    {
      guint length = 0;

      while (i + length < 8 && get_group (ip, i + length) == 0)
        length++;
      if (length > best_length)
        {
          best = i;
          best_length = length;
        }
    }

  *out_length = best < 8 ? best_length : 0;

  return best;
}

static void
format_ipv6 (const guint8 ip[16],
             char         text[40])
{
  guint run_length;
  guint run = find_zero_run (ip, &run_length);
  gsize n = 0;

  text[0] = '\0';
  for (guint i = 0; i < 8; i++)
    {
      if (i == run)
        {
          n += (gsize) g_snprintf (text + n, 40 - n, "::");
          i += run_length - 1;
          continue;
        }
      n += (gsize) g_snprintf (text + n, 40 - n, "%s%x",
                               i == 0 || i == run + run_length ? "" : ":",
                               get_group (ip, i));
    }
}

/**
 * udpnat_address_to_string:
 * @text: (out): buffer
 *
 * Writes "192.0.2.1:8848", "[2001:db8::1]:8848", "[fe80::1%3]:8848", "tcp 192.0.2.1:51234" of a
 * tunnel, or "none" when unset.
 *
 * Returns: @text
 */
char *
udpnat_address_to_string (const UdpnatAddress *self,
                          char                 text[UDPNAT_ADDRESS_TEXT_BYTES])
{
  char inner[UDPNAT_ADDRESS_TEXT_BYTES];
  char ip[40];

  if (self->family == UDPNAT_FAMILY_IPV4)
    {
      g_snprintf (text, UDPNAT_ADDRESS_TEXT_BYTES, "%u.%u.%u.%u:%u",
                  self->ip[0], self->ip[1], self->ip[2], self->ip[3], self->port);
      return text;
    }
  if (udpnat_address_is_tunnel (self))
    {
      UdpnatAddress end;

      udpnat_address_get_end (self, &end);
      memcpy (text, "tcp ", 4);
      udpnat_address_to_string (&end, inner);
      g_strlcpy (text + 4, inner, UDPNAT_ADDRESS_TEXT_BYTES - 4);
      return text;
    }
  if (self->family != UDPNAT_FAMILY_IPV6)
    {
      g_strlcpy (text, "none", UDPNAT_ADDRESS_TEXT_BYTES);
      return text;
    }

  format_ipv6 (self->ip, ip);
  if (self->scope_id != 0)
    g_snprintf (text, UDPNAT_ADDRESS_TEXT_BYTES, "[%s%%%u]:%u", ip, self->scope_id, self->port);
  else
    g_snprintf (text, UDPNAT_ADDRESS_TEXT_BYTES, "[%s]:%u", ip, self->port);

  return text;
}
