/* The receiving half of a stream beside a twin that is obvious: all bytes of the stream, and a flag
 * for each. The sender is as bad as can be: what it sends again may differ. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-receive-stream.h"

#include <string.h>

#define N_RUNS 60
#define N_STEPS 3000
#define N_BYTES (3 * UDPNAT_STREAM_WINDOW_BYTES)

typedef struct
{
  guint8   bytes[N_BYTES];
  gboolean has[N_BYTES];
  gsize    consumed;
  gsize    limit;
} Twin;

static UdpnatReceiveResult
twin_handle_data (Twin         *self,
                  gsize         offset,
                  const guint8 *data,
                  gsize         n_data)
{
  if (offset + n_data > self->limit)
    return UDPNAT_RECEIVE_BEYOND_WINDOW;
  for (gsize i = 0; i < n_data; i++)
    if (offset + i >= self->consumed && !self->has[offset + i])
      {
        self->has[offset + i] = TRUE;
        self->bytes[offset + i] = data[i];
      }
  return UDPNAT_RECEIVE_TAKEN;
}

static gsize
twin_count_readable (const Twin *self)
{
  gsize n = 0;

  while (self->consumed + n < N_BYTES && self->has[self->consumed + n])
    n++;
  return n;
}

static void
compare (const Twin                *twin,
         const UdpnatReceiveStream *stream)
{
  gsize n;
  const guint8 *data = udpnat_receive_stream_peek (stream, &n);

  g_assert_cmpuint (n, ==, twin_count_readable (twin));
  if (n > 0)
    g_assert_cmpint (memcmp (data, twin->bytes + twin->consumed, n), ==, 0);
}

static gsize
draw_offset (GRand      *rand,
             const Twin *twin)
{
  gsize span = g_rand_int_range (rand, 0, 10) == 0 ? UDPNAT_STREAM_WINDOW_BYTES + 5000 : 6000;
  gsize back = (gsize) g_rand_int_range (rand, 0, 2000);
  gsize offset = twin->consumed + (gsize) g_rand_int_range (rand, 0, (gint32) span);

  return offset > back ? offset - back : 0;
}

static void
consume (GRand               *rand,
         Twin                *twin,
         UdpnatReceiveStream *stream)
{
  gsize n_there = twin_count_readable (twin);
  gsize n = n_there > 0 ? (gsize) g_rand_int_range (rand, 0, (gint32) n_there + 1) : 0;
  gsize n_spare = 0;
  gboolean is_told;

  twin->consumed += n;
  is_told = udpnat_receive_stream_consume (stream, n);
  g_assert_cmpint (is_told, ==, twin->consumed + UDPNAT_STREAM_WINDOW_BYTES - twin->limit >=
                                  UDPNAT_STREAM_WINDOW_BYTES / 2);
  if (!is_told && g_rand_int_range (rand, 0, 20) > 0)
    return;
  twin->limit = twin->consumed + UDPNAT_STREAM_WINDOW_BYTES;
  g_assert_cmpuint (udpnat_receive_stream_take_limit (stream, 1, 1, &n_spare), ==, twin->limit);
}

static void
run (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();
  g_autofree Twin *twin = g_new0 (Twin, 1);

  g_test_message ("seed %u", seed);
  twin->limit = UDPNAT_STREAM_WINDOW_BYTES;
  for (guint i = 0; i < N_STEPS; i++)
    {
      guint8 data[1400];
      gsize offset = draw_offset (rand, twin);
      gsize n_data = (gsize) g_rand_int_range (rand, 0, (gint32) sizeof data);
      UdpnatReceiveResult result;

      if (offset + n_data > N_BYTES)
        break;
      memset (data, g_rand_int_range (rand, 0, 256), n_data);
      result = udpnat_receive_stream_handle_data (stream, offset, data, n_data);
      g_assert_cmpint (result, ==, twin_handle_data (twin, offset, data, n_data));
      compare (twin, stream);
      if (g_rand_int_range (rand, 0, 3) == 0)
        consume (rand, twin, stream);
    }
}

static void
test_like_flags (void)
{
  g_test_summary ("Bytes come in any order, twice and contradicting each other: the first counts, "
                  "and all are read in order");
  for (guint32 seed = 1; seed <= N_RUNS; seed++)
    run (seed);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport-model-reassembly/bytes/like-a-flag-for-each", test_like_flags);

  return g_test_run ();
}
