#include "config.h"

#include "udpnat-candidates.h"

#include "udpnat-limits.h"
#include "udpnat-reader.h"

/* Where a peer may be reached, as it says itself (PROTOCOL.md section 8). Judges nothing. */

#define FLAG_RELAY_ONLY 1
#define FLAG_SPOILABLE 2
#define FLAG_UDP_BLOCKED 4

void
udpnat_write_candidates (GByteArray             *out,
                         const UdpnatCandidates *candidates)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_PP_CANDIDATES);

  g_assert (candidates->n_candidates <= UDPNAT_CANDIDATES_MAX);
  udpnat_append_u32 (out, candidates->generation);
  udpnat_append_u32 (out, candidates->heard);
  udpnat_append_u8 (out, (candidates->relay_only ? FLAG_RELAY_ONLY : 0)
                           | (candidates->is_spoilable ? FLAG_SPOILABLE : 0)
                           | (candidates->is_udp_blocked ? FLAG_UDP_BLOCKED : 0));
  udpnat_append_u8 (out, candidates->mapping);
  udpnat_append_u8 (out, candidates->filtering);
  udpnat_append_u8 (out, (guint8) candidates->n_candidates);
  for (guint i = 0; i < candidates->n_candidates; i++)
    {
      udpnat_append_u8 (out, candidates->candidates[i].kind);
      udpnat_append_address (out, &candidates->candidates[i].address);
    }
  udpnat_message_end (out, mark);
}

gboolean
udpnat_parse_candidates (const UdpnatMessageView *message,
                         UdpnatCandidates        *out_candidates)
{
  UdpnatReader reader;
  guint8 flags;

  if (message->type != UDPNAT_PP_CANDIDATES)
    return FALSE;
  udpnat_reader_init (&reader, message->body, message->n_body);
  *out_candidates = (UdpnatCandidates) { 0 };
  out_candidates->generation = udpnat_reader_u32 (&reader);
  out_candidates->heard = udpnat_reader_u32 (&reader);
  flags = udpnat_reader_u8 (&reader);
  out_candidates->relay_only = (flags & FLAG_RELAY_ONLY) != 0;
  out_candidates->is_spoilable = (flags & FLAG_SPOILABLE) != 0;
  out_candidates->is_udp_blocked = (flags & FLAG_UDP_BLOCKED) != 0;
  out_candidates->mapping = udpnat_reader_u8 (&reader);
  out_candidates->filtering = udpnat_reader_u8 (&reader);
  out_candidates->n_candidates = udpnat_reader_u8 (&reader);
  if (reader.failed || out_candidates->n_candidates > UDPNAT_CANDIDATES_MAX)
    return FALSE;
  for (guint i = 0; i < out_candidates->n_candidates; i++)
    {
      UdpnatCandidate *candidate = &out_candidates->candidates[i];

      candidate->kind = udpnat_reader_u8 (&reader);
      udpnat_reader_address (&reader, &candidate->address);
    }
  return udpnat_reader_is_done (&reader);
}
