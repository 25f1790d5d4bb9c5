#include "config.h"

#include "udpnat-search-message.h"

#include <string.h>

#include "udpnat-candidates.h"

/* SEARCH: two peers agree on looking for a port (PROTOCOL.md sections 8 and 10). Judges nothing. */

static gboolean
has_nonce (guint8 step)
{
  return step == UDPNAT_SEARCH_OFFER || step == UDPNAT_SEARCH_ACCEPT || step == UDPNAT_SEARCH_ASK;
}

static gboolean
has_attestation (guint8 step)
{
  return step == UDPNAT_SEARCH_ACCEPT || step == UDPNAT_SEARCH_GO || step == UDPNAT_SEARCH_TELL;
}

static gboolean
has_ranges (guint8 step)
{
  return step == UDPNAT_SEARCH_GO || step == UDPNAT_SEARCH_MEET;
}

void
udpnat_write_search (GByteArray                *out,
                     const UdpnatSearchMessage *message)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_PP_SEARCH);

  udpnat_append_u8 (out, message->step);
  if (has_nonce (message->step))
    udpnat_append_bytes (out, message->nonce, sizeof message->nonce);
  if (has_attestation (message->step))
    udpnat_append_attestation (out, &message->attestation);
  if (has_ranges (message->step))
    {
      udpnat_append_u8 (out, (guint8) message->n_ranges);
      for (guint i = 0; i < message->n_ranges; i++)
        {
          udpnat_append_u16 (out, message->ranges[i].first);
          udpnat_append_u16 (out, message->ranges[i].count);
          udpnat_append_u16 (out, (guint16) message->ranges[i].step);
        }
    }
  udpnat_message_end (out, mark);
}

static gboolean
read_ranges (UdpnatReader        *reader,
             UdpnatSearchMessage *out_message)
{
  out_message->n_ranges = udpnat_reader_u8 (reader);
  if (reader->failed || out_message->n_ranges > UDPNAT_SEARCH_RANGES_MAX)
    return FALSE;
  for (guint i = 0; i < out_message->n_ranges; i++)
    {
      out_message->ranges[i].first = udpnat_reader_u16 (reader);
      out_message->ranges[i].count = udpnat_reader_u16 (reader);
      out_message->ranges[i].step = (gint16) udpnat_reader_u16 (reader);
    }
  return TRUE;
}

/** udpnat_parse_search: Returns: %FALSE when it breaks the protocol; of an unknown step, only that
 * is read */
gboolean
udpnat_parse_search (const UdpnatMessageView *view,
                     UdpnatSearchMessage     *out_message)
{
  UdpnatReader reader;

  if (view->type != UDPNAT_PP_SEARCH)
    return FALSE;
  memset (out_message, 0, sizeof *out_message);
  udpnat_reader_init (&reader, view->body, view->n_body);
  out_message->step = udpnat_reader_u8 (&reader);
  if (out_message->step == 0 || out_message->step > UDPNAT_SEARCH_MEET)
    return !reader.failed;
  if (has_nonce (out_message->step))
    {
      const guint8 *nonce = udpnat_reader_bytes (&reader, sizeof out_message->nonce);

      if (nonce == NULL)
        return FALSE;
      memcpy (out_message->nonce, nonce, sizeof out_message->nonce);
    }
  if (has_attestation (out_message->step)
      && !udpnat_read_attestation (&reader, &out_message->attestation))
    return FALSE;
  if (has_ranges (out_message->step) && !read_ranges (&reader, out_message))
    return FALSE;
  return udpnat_reader_is_done (&reader);
}
