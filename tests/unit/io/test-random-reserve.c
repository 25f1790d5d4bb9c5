#include "config.h"

#include "udpnat-random-reserve.h"

#include <string.h>

/* What a reserve gives is what its source gave: each byte once, and in the same order. */

/* Counts: bytes 1, 2, 3 … of a sequence that does not repeat soon. */
typedef struct
{
  guint32 next;
  guint   n_fills;
} Source;

static void
count (gpointer user_data,
       guint8  *out,
       gsize    n_out)
{
  Source *self = user_data;

  self->n_fills++;
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) (self->next++ * 2654435761u >> 24);
}

static void
take (const UdpnatRandom *reserve,
      gsize               n,
      guint32            *next)
{
  guint8 out[2000];

  udpnat_random_fill (reserve, out, n);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpuint (out[i], ==, (guint8) ((*next)++ * 2654435761u >> 24));
}

static void
test_each_byte_once (void)
{
  Source  source = { 0 };
  UdpnatRandom random = { count, &source };
  g_autoptr (UdpnatRandomReserve) reserve = udpnat_random_reserve_new (&random);
  UdpnatRandom lent = udpnat_random_reserve_get (reserve);
  guint32 next = 0;

  for (guint round = 0; round < 50; round++)
    for (gsize n = 0; n <= 512; n += 1 + round % 13)
      take (&lent, n, &next);
}

static void
test_few_questions (void)
{
  Source  source = { 0 };
  UdpnatRandom random = { count, &source };
  g_autoptr (UdpnatRandomReserve) reserve = udpnat_random_reserve_new (&random);
  UdpnatRandom lent = udpnat_random_reserve_get (reserve);
  guint32 next = 0;

  for (guint i = 0; i < 512; i++)
    take (&lent, 4, &next);
  g_assert_cmpuint (source.n_fills, ==, 4);
}

/* More than there is room for comes from the source itself, and leaves the reserve alone. */
static void
test_much_at_once (void)
{
  Source  source = { 0 };
  UdpnatRandom random = { count, &source };
  g_autoptr (UdpnatRandomReserve) reserve = udpnat_random_reserve_new (&random);
  UdpnatRandom lent = udpnat_random_reserve_get (reserve);
  guint32 next = 0, ahead = 512;

  take (&lent, 12, &next);
  take (&lent, 1000, &ahead);
  take (&lent, 500, &next);
  g_assert_cmpuint (source.n_fills, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random-reserve/each-byte-once", test_each_byte_once);
  g_test_add_func ("/random-reserve/few-questions", test_few_questions);
  g_test_add_func ("/random-reserve/much-at-once", test_much_at_once);
  return g_test_run ();
}
