/* MAP of PCP, byte by byte as RFC 6887 draws it (figures 2, 3, 9 and 10). */

#include "config.h"

#include "udpnat-pcp-message.h"

#include <string.h>

static const guint8 request[UDPNAT_PCP_MAP_BYTES] = {
  2, 1, 0, 0,                                             /* version, MAP */
  0, 0, 0x0e, 0x10,                                       /* 3,600 s */
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 1, 2, /* from ::ffff:192.168.1.2 */
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,                  /* nonce */
  17, 0, 0, 0,                                            /* UDP */
  0x22, 0xc4, 0x22, 0xc4,                                 /* 8900, outside too if it can be */
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0,   /* at any address */
};

static const guint8 answer[UDPNAT_PCP_MAP_BYTES] = {
  2, 0x81, 0, 0,                                          /* version, MAP, success */
  0, 0, 0x07, 0x08,                                       /* 1,800 s */
  0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,         /* epoch, reserved */
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
  17, 0, 0, 0,
  0x22, 0xc4, 0xc3, 0x50,                                 /* 8900 inside, 50000 outside */
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7,
};

static UdpnatPcpMap
make_map (void)
{
  UdpnatPcpMap map = { .lease_s = 3600 };

  memcpy (map.nonce, request + 24, sizeof map.nonce);
  g_assert_true (udpnat_address_parse_ip (&map.client, "192.168.1.2", 8900));
  map.external.port = 8900;
  return map;
}

static UdpnatPcpResult
parse (const guint8 *data,
       gsize         n_data,
       UdpnatPcpMap *out_map)
{
  UdpnatPcpMap asked = make_map ();

  return udpnat_pcp_parse_map (&asked, data, n_data, out_map);
}

/* The answer with one byte changed. */
static UdpnatPcpResult
parse_changed (gsize  index,
               guint8 value)
{
  guint8 changed[sizeof answer];
  UdpnatPcpMap map;

  memcpy (changed, answer, sizeof changed);
  g_assert_cmpuint (changed[index], !=, value);
  changed[index] = value;
  return parse (changed, sizeof changed, &map);
}

static void
test_request (void)
{
  UdpnatPcpMap map = make_map ();
  guint8 data[UDPNAT_PCP_MAP_BYTES];

  udpnat_pcp_write_map (&map, data);
  g_assert_cmpmem (data, sizeof data, request, sizeof request);
}

static void
test_answer (void)
{
  UdpnatPcpMap map;
  UdpnatAddress external;

  g_assert_true (udpnat_address_parse_ip (&external, "203.0.113.7", 50000));
  g_assert_cmpint (parse (answer, sizeof answer, &map), ==, UDPNAT_PCP_RESULT_MAPPED);
  g_assert_true (udpnat_address_equal (&map.external, &external));
  g_assert_cmpuint (map.lease_s, ==, 1800);
}

static void
test_refused (void)
{
  g_assert_cmpint (parse_changed (3, 2), ==, UDPNAT_PCP_RESULT_REFUSED);
  g_assert_cmpint (parse_changed (3, 255), ==, UDPNAT_PCP_RESULT_REFUSED);
  g_assert_cmpint (parse_changed (3, 7), ==, UDPNAT_PCP_RESULT_NO_NETWORK);
}

/* RFC 6886 section 3.5: what a router answers that only speaks NAT-PMP. */
static void
test_natpmp (void)
{
  const guint8 data[8] = { 0, 0x81, 0, 1, 0, 0, 0, 5 };
  UdpnatPcpMap map;

  g_assert_cmpint (parse (data, sizeof data, &map), ==, UDPNAT_PCP_RESULT_NOT_PCP);
  g_assert_cmpint (parse_changed (3, 1), ==, UDPNAT_PCP_RESULT_NOT_PCP);
}

/* Another request's, one's own echoed, another protocol's, another port's. */
static void
test_foreign (void)
{
  UdpnatPcpMap map;

  g_assert_cmpint (parse_changed (24, 9), ==, UDPNAT_PCP_RESULT_NONE);
  g_assert_cmpint (parse_changed (1, 0x82), ==, UDPNAT_PCP_RESULT_NONE);
  g_assert_cmpint (parse_changed (36, 6), ==, UDPNAT_PCP_RESULT_NONE);
  g_assert_cmpint (parse_changed (41, 0xc5), ==, UDPNAT_PCP_RESULT_NONE);
  g_assert_cmpint (parse (request, sizeof request, &map), ==, UDPNAT_PCP_RESULT_NONE);
}

static void
test_short (void)
{
  UdpnatPcpMap map;

  for (gsize n = 0; n < sizeof answer; n++)
    {
      g_autofree guint8 *cut = g_memdup2 (answer, n); /* so that reading beyond it is noticed */

      g_assert_cmpint (parse (cut, n, &map), ==, UDPNAT_PCP_RESULT_NONE);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pcp-message/request/as-drawn", test_request);
  g_test_add_func ("/pcp-message/answer/as-drawn", test_answer);
  g_test_add_func ("/pcp-message/answer/refused", test_refused);
  g_test_add_func ("/pcp-message/answer/of-natpmp", test_natpmp);
  g_test_add_func ("/pcp-message/answer/of-something-else", test_foreign);
  g_test_add_func ("/pcp-message/answer/cut-short", test_short);

  return g_test_run ();
}
