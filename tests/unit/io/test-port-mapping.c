/* What routers say of themselves, and what becomes of a request that nobody waits for. Routers
 * themselves are asked in tests/netlab, where there are some. */

#include "config.h"

#include "udpnat-port-mapping-private.h"

static int
check (const char *ip)
{
  g_autoptr (GError) error = NULL;
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, 0));
  if (udpnat_port_mapping_check_external (&address, &error))
    return -1;
  g_assert_true (error->domain == UDPNAT_PORT_MAPPING_ERROR);
  return error->code;
}

static void
test_public (void)
{
  g_assert_cmpint (check ("203.0.113.7"), ==, -1);
  g_assert_cmpint (check ("100.63.255.255"), ==, -1);
  g_assert_cmpint (check ("100.128.0.0"), ==, -1);
}

static void
test_private (void)
{
  const int behind = UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER;

  g_assert_cmpint (check ("10.64.1.2"), ==, behind);
  g_assert_cmpint (check ("192.168.1.1"), ==, behind);
  g_assert_cmpint (check ("100.64.0.0"), ==, behind);
  g_assert_cmpint (check ("100.127.255.255"), ==, behind);
  g_assert_cmpint (check ("0.0.0.0"), ==, behind);
}

static void
test_codes (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int code = 0; code <= UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER; code++)
    {
      const char *text = udpnat_port_mapping_error_to_code (code);

      g_assert_true (g_str_has_prefix (text, "mapping-"));
      g_assert_true (g_hash_table_add (seen, (gpointer) text));
    }
}

static void
added_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  GError **out_error = user_data;

  g_assert_null (udpnat_port_mapping_add_finish (result, out_error));
}

static void
test_cancelled (void)
{
  const guint8 nonce[UDPNAT_PORT_MAPPING_NONCE_BYTES] = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  /* Before it begins, so that no router hears of it. */
  g_cancellable_cancel (cancellable);
  udpnat_port_mapping_add_async (8848, 8849, nonce, cancellable, added_cb, &error);
  g_assert_no_error (error);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/port-mapping/external/public-is-reachable", test_public);
  g_test_add_func ("/port-mapping/external/private-is-behind-another", test_private);
  g_test_add_func ("/port-mapping/error/each-has-a-code", test_codes);
  g_test_add_func ("/port-mapping/add/cancelled-asks-nobody", test_cancelled);
  return g_test_run ();
}
