/* The bytes of a tunnel: what is read must not depend on how TCP cuts them, lie inside, and be
 * written again as it came. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-tunnel-frames.h"

/* Reads @data in pieces of at most @n_cut. Returns: what was read, as it would be written; and
 * whether the end was reached */
static GByteArray *
read_all (const guint8 *data,
          gsize         n_data,
          gsize         n_cut,
          gboolean     *out_is_malformed)
{
  UdpnatTunnelReader reader = { .n_bytes = 0 };
  GByteArray        *all = g_byte_array_new ();

  *out_is_malformed = FALSE;
  for (gsize start = 0; start < n_data && !*out_is_malformed; start += n_cut)
    {
      const guint8    *piece = data + start;
      gsize            n_piece = MIN (n_cut, n_data - start);
      const guint8    *frame;
      gsize            n_frame;
      guint8           header[UDPNAT_TUNNEL_HEADER_BYTES];
      UdpnatTunnelRead result;

      while ((result = udpnat_tunnel_reader_next (&reader, &piece, &n_piece, &frame, &n_frame))
             == UDPNAT_TUNNEL_READ_FRAME)
        {
          g_assert_cmpuint (n_frame, >, 0);
          g_assert_cmpuint (n_frame, <=, UDPNAT_DATAGRAM_BASE_BYTES);
          g_assert_true (frame >= reader.bytes
                         && frame + n_frame <= reader.bytes + sizeof reader.bytes);
          udpnat_tunnel_write_header (n_frame, header);
          g_byte_array_append (all, header, sizeof header);
          g_byte_array_append (all, frame, (guint) n_frame);
        }
      *out_is_malformed = result == UDPNAT_TUNNEL_READ_MALFORMED;
      g_assert_true (*out_is_malformed || n_piece == 0);
    }
  return all;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autoptr (GByteArray) whole = NULL;
  g_autoptr (GByteArray) cut = NULL;
  gboolean               is_malformed, is_cut_malformed;

  if (n_data < 2)
    return 0;
  whole = read_all (data + 1, n_data - 1, n_data - 1, &is_malformed);
  cut = read_all (data + 1, n_data - 1, 1u + data[0], &is_cut_malformed);
  g_assert_cmpint (is_malformed, ==, is_cut_malformed);
  g_assert_cmpmem (whole->data, whole->len, cut->data, cut->len);
  g_assert_cmpuint (whole->len, <=, n_data - 1);
  g_assert_cmpmem (whole->data, whole->len, data + 1, whole->len);
  return 0;
}
