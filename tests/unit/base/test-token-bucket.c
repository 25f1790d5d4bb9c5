#include "config.h"

#include "udpnat-time.h"
#include "udpnat-token-bucket.h"

static void
test_burst_then_empty (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 5, 1000);
  for (guint i = 0; i < 5; i++)
    g_assert_true (udpnat_token_bucket_take (&bucket, 1000, 1, 5, 20));
  g_assert_false (udpnat_token_bucket_take (&bucket, 1000, 1, 5, 20));
}

static void
test_refill_exact (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 1, 0);
  g_assert_true (udpnat_token_bucket_take (&bucket, 0, 1, 1, 20));
  g_assert_false (udpnat_token_bucket_take (&bucket, UDPNAT_MSEC (50) - 1, 1, 1, 20));
  g_assert_true (udpnat_token_bucket_take (&bucket, UDPNAT_MSEC (50), 1, 1, 20));
}

/* Asking all the time must not round the refill away. */
static void
test_small_steps (void)
{
  UdpnatTokenBucket bucket;
  guint n_taken = 0;

  udpnat_token_bucket_init (&bucket, 0, 0);
  for (gint64 now_us = 0; now_us <= UDPNAT_SEC (1); now_us++)
    if (udpnat_token_bucket_take (&bucket, now_us, 1, 5, 3))
      n_taken++;
  g_assert_cmpuint (n_taken, ==, 3);
}

static void
test_never_more_than_burst (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 5, 0);
  g_assert_false (udpnat_token_bucket_take (&bucket, UDPNAT_SEC (100), 6, 5, 20));
  g_assert_true (udpnat_token_bucket_take (&bucket, UDPNAT_SEC (100), 5, 5, 20));
  g_assert_false (udpnat_token_bucket_take (&bucket, UDPNAT_SEC (100), 1, 5, 20));
}

static void
test_refused_takes_nothing (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 5, 0);
  g_assert_false (udpnat_token_bucket_take (&bucket, 0, 6, 5, 0));
  g_assert_true (udpnat_token_bucket_take (&bucket, 0, 5, 5, 0));
  g_assert_true (udpnat_token_bucket_take (&bucket, 0, 0, 5, 0));
}

static void
test_time_jumps (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 262144, 0);
  g_assert_true (udpnat_token_bucket_take (&bucket, 0, 262144, 262144, 1048576));
  g_assert_true (udpnat_token_bucket_take (&bucket, G_MAXINT64 - 1, 262144, 262144, 1048576));
  g_assert_false (udpnat_token_bucket_take (&bucket, G_MAXINT64 - 1, 1, 262144, 1048576));
  /* Backwards: nothing is refilled, and nothing twice afterwards. */
  g_assert_false (udpnat_token_bucket_take (&bucket, 0, 1, 262144, 1048576));
  g_assert_false (udpnat_token_bucket_take (&bucket, G_MAXINT64 - 1, 1, 262144, 1048576));
}

static void
test_smaller_burst (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 100, 0);
  g_assert_false (udpnat_token_bucket_take (&bucket, 0, 11, 10, 1));
  g_assert_true (udpnat_token_bucket_take (&bucket, 0, 10, 10, 1));
}

static void
test_has_takes_nothing (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, 2, 0);
  for (guint i = 0; i < 5; i++)
    g_assert_true (udpnat_token_bucket_has (&bucket, 0, 2, 2, 1));
  g_assert_false (udpnat_token_bucket_has (&bucket, 0, 3, 2, 1));
  g_assert_true (udpnat_token_bucket_take (&bucket, 0, 2, 2, 1));
  g_assert_false (udpnat_token_bucket_has (&bucket, 999999, 1, 2, 1));
  g_assert_true (udpnat_token_bucket_has (&bucket, 1000000, 1, 2, 1));
}

static void
test_huge_numbers (void)
{
  UdpnatTokenBucket bucket;

  udpnat_token_bucket_init (&bucket, G_MAXINT64, 0);
  g_assert_false (udpnat_token_bucket_take (&bucket, 1, G_MAXINT64, G_MAXINT64, G_MAXINT64));
  g_assert_true (udpnat_token_bucket_take (&bucket, 2, 1000000, G_MAXINT64, G_MAXINT64));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-token-bucket/take/burst-then-empty", test_burst_then_empty);
  g_test_add_func ("/base-token-bucket/refill/not-a-microsecond-early", test_refill_exact);
  g_test_add_func ("/base-token-bucket/refill/nothing-lost-in-small-steps", test_small_steps);
  g_test_add_func ("/base-token-bucket/refill/never-above-burst", test_never_more_than_burst);
  g_test_add_func ("/base-token-bucket/take/refused-takes-nothing", test_refused_takes_nothing);
  g_test_add_func ("/base-token-bucket/time/jumps-both-ways", test_time_jumps);
  g_test_add_func ("/base-token-bucket/take/burst-may-shrink", test_smaller_burst);
  g_test_add_func ("/base-token-bucket/has/takes-nothing", test_has_takes_nothing);
  g_test_add_func ("/base-token-bucket/take/no-overflow", test_huge_numbers);

  return g_test_run ();
}
