/* The two messages of PCP that opening a port takes: RFC 6887 section 11, figures 9 and 10, behind
 * the headers of section 7. All addresses are of IPv6 there; IPv4 ones are mapped into it. Options
 * are neither sent nor understood; an answer may end with some. */

#include "config.h"

#include "udpnat-pcp-message.h"

#include <string.h>

#include "udpnat-reader.h"
#include "udpnat-writer.h"

#define VERSION 2
#define OPCODE_MAP 1
#define IS_ANSWER 0x80
#define PROTOCOL_UDP 17
#define HEADER_BYTES 24

/* RFC 6887 section 7.4 */
#define SUCCESS 0
#define UNSUPPORTED_VERSION 1
#define NETWORK_FAILURE 7

static const guint8 ipv4_mapped[12] = { [10] = 0xff, [11] = 0xff };

/* Of what is not set: the IPv4 address that stands for any (section 11.1). */
static void
write_ip (UdpnatWriter        *writer,
          const UdpnatAddress *address)
{
  if (address->family == UDPNAT_FAMILY_IPV6)
    {
      udpnat_writer_bytes (writer, address->ip, 16);
      return;
    }
  udpnat_writer_bytes (writer, ipv4_mapped, sizeof ipv4_mapped);
  if (udpnat_address_is_set (address))
    udpnat_writer_bytes (writer, address->ip, 4);
  else
    udpnat_writer_zeros (writer, 4);
}

/** udpnat_pcp_write_map: a request */
void
udpnat_pcp_write_map (const UdpnatPcpMap *map,
                      guint8              out[UDPNAT_PCP_MAP_BYTES])
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, UDPNAT_PCP_MAP_BYTES);
  udpnat_writer_u8 (&writer, VERSION);
  udpnat_writer_u8 (&writer, OPCODE_MAP);
  udpnat_writer_u16 (&writer, 0);
  udpnat_writer_u32 (&writer, map->lease_s);
  write_ip (&writer, &map->client);
  udpnat_writer_bytes (&writer, map->nonce, sizeof map->nonce);
  udpnat_writer_u8 (&writer, PROTOCOL_UDP);
  udpnat_writer_zeros (&writer, 3);
  udpnat_writer_u16 (&writer, map->client.port);
  udpnat_writer_u16 (&writer, map->external.port);
  write_ip (&writer, &map->external);
  g_assert (!writer.failed && writer.n_written == UDPNAT_PCP_MAP_BYTES);
}

static UdpnatPcpResult
judge (guint8 code)
{
  switch (code)
    {
    case SUCCESS:
      return UDPNAT_PCP_RESULT_MAPPED;
    case UNSUPPORTED_VERSION:
      return UDPNAT_PCP_RESULT_NOT_PCP;
    case NETWORK_FAILURE:
      return UDPNAT_PCP_RESULT_NO_NETWORK;
    default: /* a router may say any number, and most mean that it will not */
      return UDPNAT_PCP_RESULT_REFUSED;
    }
}

/* What follows the header. Returns: whether it is about @asked */
static gboolean
parse_body (const UdpnatPcpMap *asked,
            UdpnatReader       *reader,
            UdpnatPcpMap       *out_map)
{
  guint8 ip[16];
  guint8 protocol;
  guint16 port;
  guint16 external_port;

  if (!udpnat_reader_copy (reader, out_map->nonce, sizeof out_map->nonce))
    return FALSE;
  protocol = udpnat_reader_u8 (reader);
  udpnat_reader_bytes (reader, 3);
  port = udpnat_reader_u16 (reader);
  external_port = udpnat_reader_u16 (reader);
  if (!udpnat_reader_copy (reader, ip, sizeof ip))
    return FALSE;
  udpnat_address_init_ipv6 (&out_map->external, ip, external_port);
  if (memcmp (ip, ipv4_mapped, sizeof ipv4_mapped) == 0)
    udpnat_address_init_ipv4 (&out_map->external, ip + sizeof ipv4_mapped, external_port);
  out_map->client = asked->client;
  return protocol == PROTOCOL_UDP && port == asked->client.port &&
         memcmp (out_map->nonce, asked->nonce, sizeof out_map->nonce) == 0;
}

/**
 * udpnat_pcp_parse_map:
 * @asked: the request
 * @data: (array length=n_data): what came back
 * @out_map: (out caller-allocates): set with %UDPNAT_PCP_RESULT_MAPPED only
 *
 * An answer of another version, as NAT-PMP's, has only four bytes that can be trusted to mean what
 * they do here.
 */
UdpnatPcpResult
udpnat_pcp_parse_map (const UdpnatPcpMap *asked,
                      const guint8       *data,
                      gsize               n_data,
                      UdpnatPcpMap       *out_map)
{
  UdpnatReader reader;
  guint8 version;
  guint8 opcode;
  guint8 code;

  udpnat_reader_init (&reader, data, n_data);
  version = udpnat_reader_u8 (&reader);
  opcode = udpnat_reader_u8 (&reader);
  udpnat_reader_u8 (&reader);
  code = udpnat_reader_u8 (&reader);
  if (reader.failed || (opcode & IS_ANSWER) == 0)
    return UDPNAT_PCP_RESULT_NONE;
  if (version != VERSION)
    return UDPNAT_PCP_RESULT_NOT_PCP;
  if (opcode != (IS_ANSWER | OPCODE_MAP))
    return UDPNAT_PCP_RESULT_NONE;
  out_map->lease_s = udpnat_reader_u32 (&reader);
  udpnat_reader_bytes (&reader, HEADER_BYTES - 8);
  if (judge (code) == UDPNAT_PCP_RESULT_NOT_PCP)
    return UDPNAT_PCP_RESULT_NOT_PCP;
  return parse_body (asked, &reader, out_map) ? judge (code) : UDPNAT_PCP_RESULT_NONE;
}
