#include "config.h"

#include "udpnat-redis.h"

/* URLs of a Redis, as a configuration names it. */

static void
test_taken (void)
{
  g_auto (UdpnatRedisAddress) full = { 0 };
  g_auto (UdpnatRedisAddress) plain = { 0 };
  g_auto (UdpnatRedisAddress) password = { 0 };

  g_assert_true (udpnat_redis_address_parse (&full, "redis://u%40x:p%3a@[2001:db8::1]:7000/15"));
  g_assert_cmpstr (full.host, ==, "2001:db8::1");
  g_assert_cmpuint (full.port, ==, 7000);
  g_assert_cmpstr (full.user, ==, "u@x");
  g_assert_cmpstr (full.password, ==, "p:");
  g_assert_cmpuint (full.database, ==, 15);
  g_assert_null (full.path);
  g_assert_true (udpnat_redis_address_parse (&plain, "redis://redis.example.org"));
  g_assert_cmpstr (plain.host, ==, "redis.example.org");
  g_assert_cmpuint (plain.port, ==, 6379);
  g_assert_cmpuint (plain.database, ==, 0);
  g_assert_null (plain.password);
  g_assert_true (udpnat_redis_address_parse (&password, "redis://:secret@192.0.2.9/"));
  g_assert_null (password.user);
  g_assert_cmpstr (password.password, ==, "secret");
  g_assert_false (password.is_tls);
}

static void
test_tls (void)
{
  g_auto (UdpnatRedisAddress) address = { 0 };

  g_assert_true (udpnat_redis_address_parse (&address, "rediss://u:p@redis.example.org"));
  g_assert_true (address.is_tls);
  g_assert_cmpuint (address.port, ==, 6379);
  g_assert_cmpstr (address.password, ==, "p");
}

/* Also of what is no address: it is in the message about that. */
static void
test_masked (void)
{
  static const char *const urls[][2] = {
    { "redis://:secret@a", "redis://:*@a" },
    { "rediss://u:se@cret@[::1]:7/1", "rediss://u:*@[::1]:7/1" },
    { "http://u:secret@", "http://u:*@" },
    { "redis://u@a:7", "redis://u@a:7" },
    { "redis://[::1]:7", "redis://[::1]:7" },
    { "unix:/a:b@c", "unix:/a:b@c" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autofree char *masked = udpnat_redis_address_dup_masked (urls[i][0]);

      g_assert_cmpstr (masked, ==, urls[i][1]);
    }
}

static void
test_socket (void)
{
  g_auto (UdpnatRedisAddress) address = { 0 };

  g_assert_true (udpnat_redis_address_parse (&address, "unix:/run/redis/redis.sock"));
  g_assert_cmpstr (address.path, ==, "/run/redis/redis.sock");
  g_assert_null (address.host);
}

static void
test_refused (void)
{
  static const char *const bad[] = {
    "", "redis", "redis:", "redis://", "redis:///0", "http://x", "redisx://x", "redis://x:0",
    "redis://x:99999", "redis://x/16", "redis://x/a", "redis://x/0/1", "unix:redis.sock",
    "unix://host/path", "/run/redis.sock",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      UdpnatRedisAddress address = { 0 };

      g_test_summary (bad[i]);
      g_assert_false (udpnat_redis_address_parse (&address, bad[i]));
      g_assert_null (address.host);
      g_assert_null (address.path);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redis-address/taken", test_taken);
  g_test_add_func ("/redis-address/socket", test_socket);
  g_test_add_func ("/redis-address/refused", test_refused);
  g_test_add_func ("/redis-address/tls", test_tls);
  g_test_add_func ("/redis-address/password-is-masked", test_masked);
  return g_test_run ();
}
