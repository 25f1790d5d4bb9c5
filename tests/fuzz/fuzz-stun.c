/* STUN messages of either direction: what is read and written again must read the same, and never
 * look outside. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-stun.h"

static void
check_same (const UdpnatStunMessage *a,
            const UdpnatStunMessage *b)
{
  g_assert_cmpuint (a->type, ==, b->type);
  g_assert_cmpmem (a->id, sizeof a->id, b->id, sizeof b->id);
  g_assert_cmpint (a->has_change, ==, b->has_change);
  g_assert_cmpuint (a->change, ==, b->change);
  g_assert_cmpuint (a->response_port, ==, b->response_port);
  g_assert_cmpint (a->has_padding, ==, b->has_padding);
  g_assert_cmpuint (a->n_padding, ==, b->n_padding);
  g_assert_cmpint (a->has_fingerprint, ==, b->has_fingerprint);
  g_assert_true (udpnat_address_equal (&a->mapped, &b->mapped));
  g_assert_true (udpnat_address_equal (&a->origin, &b->origin));
  g_assert_true (udpnat_address_equal (&a->other, &b->other));
  g_assert_cmpuint (a->error_code, ==, b->error_code);
  g_assert_cmpmem (a->software, a->n_software, b->software, b->n_software);
}

/* What was unknown is written as UNKNOWN-ATTRIBUTES and read back from there; RFC 3489 may name one
 * twice. */
static void
check_unknown (const UdpnatStunMessage *read,
               const UdpnatStunMessage *again)
{
  g_assert_cmpuint (read->n_unknown, <=, UDPNAT_STUN_UNKNOWN_MAX);
  g_assert_cmpuint (again->n_unknown, >=, read->n_unknown);
  g_assert_cmpmem (again->unknown, read->n_unknown * sizeof (guint16), read->unknown,
                   read->n_unknown * sizeof (guint16));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  UdpnatStunMessage message, again;
  guint8            out[4096];
  UdpnatWriter      writer;

  if (n_data > UDPNAT_DATAGRAM_MAX_BYTES || !udpnat_stun_parse (&message, data, n_data))
    return 0;
  g_assert_true (udpnat_stun_is_message (data, n_data));
  if (message.n_software > 0)
    g_assert_true (message.software > data
                   && message.software + message.n_software <= data + n_data);
  udpnat_writer_init (&writer, out, sizeof out);
  udpnat_stun_write (&writer, &message);
  g_assert_false (writer.failed);
  g_assert_true (udpnat_stun_parse (&again, out, writer.n_written));
  check_same (&message, &again);
  check_unknown (&message, &again);
  return 0;
}
