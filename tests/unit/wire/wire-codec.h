#pragma once

#include "udpnat-attestation.h"
#include "udpnat-chat-message.h"
#include "udpnat-directory-message.h"
#include "udpnat-fleet-message.h"
#include "udpnat-frame.h"
#include "udpnat-packet.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-report.h"
#include "udpnat-search-message.h"

/* Reads something and writes it again: what truncation, round trips and random input are tested
 * with. Each gives FALSE when the reader refuses the input. */

#define CODEC_ROOM_BYTES (UDPNAT_FRAME_HEADER_BYTES + G_MAXUINT16)

/* The same fields through the other half. FALSE also when they do not fit into @writer. */
static inline gboolean
recode_path_frame (const UdpnatFrameView *frame,
                   UdpnatWriter          *writer)
{
  UdpnatAddress address;
  guint64 token;

  if (frame->type == UDPNAT_FRAME_OBSERVED)
    return udpnat_frame_parse_observed (frame, &address)
           && udpnat_frame_write_observed (writer, &address);
  if (frame->type == UDPNAT_FRAME_PATH_CHALLENGE)
    return udpnat_frame_parse_path_challenge (frame, &token)
           && udpnat_frame_write_path_challenge (writer, token);
  return udpnat_frame_parse_path_response (frame, &token, &address)
         && udpnat_frame_write_path_response (writer, token, &address);
}

static inline gboolean
recode_relay_frame (const UdpnatFrameView *frame,
                    UdpnatWriter          *writer)
{
  g_autofree char *name = NULL;
  const guint8 *inner;
  gsize n_inner;
  guint32 handle, rate_kib;
  guint8 key[32];
  guint8 code;

  switch (frame->type)
    {
    case UDPNAT_FRAME_RELAY:
      return udpnat_frame_parse_relay (frame, &handle, &inner, &n_inner)
             && udpnat_frame_write_relay (writer, handle, inner, n_inner);
    case UDPNAT_FRAME_DIAL:
      return udpnat_frame_parse_dial (frame, key, &inner, &n_inner)
             && udpnat_frame_write_dial (writer, key, inner, n_inner);
    case UDPNAT_FRAME_RELAY_FAILED:
      return udpnat_frame_parse_relay_failed (frame, &handle, &code, &rate_kib)
             && udpnat_frame_write_relay_failed (writer, handle, code, rate_kib);
    case UDPNAT_FRAME_DIAL_FAILED:
      return udpnat_frame_parse_dial_failed (frame, key, &code)
             && udpnat_frame_write_dial_failed (writer, key, code);
    default:
      return udpnat_frame_parse_incoming (frame, &handle, &name, &inner, &n_inner)
             && udpnat_frame_write_incoming (writer, handle, name, inner, n_inner);
    }
}

static inline gboolean
recode_close_frame (const UdpnatFrameView *frame,
                    UdpnatWriter          *writer)
{
  g_autofree char *copy = NULL;
  const char *text;
  gsize n_text;
  guint16 reason;

  if (!udpnat_frame_parse_close (frame, &reason, &text, &n_text))
    return FALSE;
  copy = g_strndup (text, n_text);
  return udpnat_frame_write_close (writer, reason, copy);
}

static inline gboolean
recode_stream_frame (const UdpnatFrameView *frame,
                     UdpnatWriter          *writer)
{
  UdpnatStreamFrame stream;
  const guint8 *data;
  gsize n_data;
  guint64 offset;
  guint32 number;

  if (frame->type == UDPNAT_FRAME_STREAM)
    return udpnat_frame_parse_stream (frame, &stream)
           && udpnat_frame_write_stream (writer, &stream);
  if (frame->type == UDPNAT_FRAME_STREAM_WINDOW)
    return udpnat_frame_parse_stream_window (frame, &number, &offset)
           && udpnat_frame_write_stream_window (writer, number, offset);
  return udpnat_frame_parse_early (frame, &number, &data, &n_data)
         && udpnat_frame_write_early (writer, number, data, n_data);
}

static inline gboolean
recode_message_frame (const UdpnatFrameView *frame,
                      UdpnatWriter          *writer)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageView message;
  gsize mark;

  if (!udpnat_frame_parse_message (frame, &message))
    return FALSE;
  mark = udpnat_message_begin (out, message.type);
  udpnat_append_bytes (out, message.body, message.n_body);
  udpnat_message_end (out, mark);
  return udpnat_frame_write_message (writer, out);
}

/* Types without a reader (PAD, PING, unknown ones) are refused. */
static inline gboolean
recode_frame (const UdpnatFrameView *frame,
              UdpnatWriter          *writer)
{
  UdpnatAck ack;

  switch (frame->type)
    {
    case UDPNAT_FRAME_ACK:
      return udpnat_frame_parse_ack (frame, &ack) && udpnat_frame_write_ack (writer, &ack);
    case UDPNAT_FRAME_STREAM:
    case UDPNAT_FRAME_STREAM_WINDOW:
    case UDPNAT_FRAME_EARLY:
      return recode_stream_frame (frame, writer);
    case UDPNAT_FRAME_CLOSE:
      return recode_close_frame (frame, writer);
    case UDPNAT_FRAME_OBSERVED:
    case UDPNAT_FRAME_PATH_CHALLENGE:
    case UDPNAT_FRAME_PATH_RESPONSE:
      return recode_path_frame (frame, writer);
    case UDPNAT_FRAME_RELAY:
    case UDPNAT_FRAME_DIAL:
    case UDPNAT_FRAME_RELAY_FAILED:
    case UDPNAT_FRAME_DIAL_FAILED:
    case UDPNAT_FRAME_INCOMING:
      return recode_relay_frame (frame, writer);
    case UDPNAT_FRAME_MESSAGE:
      return recode_message_frame (frame, writer);
    default:
      return FALSE;
    }
}

static inline gboolean
recode_peers (const UdpnatMessageView *message,
              GByteArray              *out)
{
  g_autoptr (GArray) entries = udpnat_parse_peers (message);

  if (entries == NULL)
    return FALSE;
  g_assert_cmpuint (udpnat_write_peers (out, (gpointer) entries->data, entries->len), ==,
                    entries->len);
  return TRUE;
}

static inline gboolean
recode_lookup_result (const UdpnatMessageView *message,
                      GByteArray              *out)
{
  UdpnatDirectoryEntry entry = { 0 };
  guint32 request;
  guint8 code;

  if (!udpnat_parse_lookup_result (message, &request, &code, &entry))
    {
      g_assert_null (entry.name);
      return FALSE;
    }
  udpnat_write_lookup_result (out, request, code, &entry);
  udpnat_directory_entry_clear (&entry);
  return TRUE;
}

/* REGISTER, REGISTERED, REFUSED and LOOKUP: those with a name at the end. */
static inline gboolean
recode_named (const UdpnatMessageView *message,
              GByteArray              *out)
{
  g_autofree char *name = NULL;
  const char *lent;
  gsize n_lent;
  UdpnatAddress address;
  gboolean is_listed;
  guint32 number;
  guint8 code;

  if (message->type == UDPNAT_CS_REGISTER && udpnat_parse_register (message, &is_listed, &name))
    (udpnat_register_is_moved (message) ? udpnat_write_register_moved
                                        : udpnat_write_register) (out, is_listed, name);
  else if (message->type == UDPNAT_CS_REGISTERED
           && udpnat_parse_registered (message, &number, &address, &name))
    udpnat_write_registered (out, number, &address, name);
  else if (message->type == UDPNAT_CS_REFUSED
           && udpnat_parse_refused (message, &code, &number, &name))
    udpnat_write_refused (out, code, number, name);
  else if (message->type == UDPNAT_CS_LOOKUP
           && udpnat_parse_lookup (message, &number, &lent, &n_lent))
    udpnat_write_lookup (out, number, name = g_strndup (lent, n_lent));
  else
    g_assert_null (name);
  return name != NULL;
}

static inline gboolean
recode_bare (const UdpnatMessageView *message,
             GByteArray              *out)
{
  guint8 code[UDPNAT_INVITATION_BYTES];
  guint8 ticket[UDPNAT_TICKET_BYTES];
  guint8 secret[UDPNAT_TICKET_SECRET_BYTES];
  guint16 interval_s;
  guint32 life_s;
  guint8 mode;

  if (message->type == UDPNAT_CS_UNREGISTER && udpnat_parse_unregister (message))
    udpnat_write_unregister (out);
  else if (message->type == UDPNAT_CS_UNREGISTERED && udpnat_parse_unregistered (message))
    udpnat_write_unregistered (out);
  else if (message->type == UDPNAT_CS_LIST_END && udpnat_parse_list_end (message))
    udpnat_write_list_end (out);
  else if (message->type == UDPNAT_CS_SUBSCRIBE && udpnat_parse_subscribe (message, &mode))
    udpnat_write_subscribe (out, mode);
  else if (message->type == UDPNAT_CS_PRESENCE && udpnat_parse_presence (message, &mode))
    udpnat_write_presence (out, mode);
  else if (message->type == UDPNAT_CS_KEEPALIVE && udpnat_parse_keepalive (message, &interval_s))
    udpnat_write_keepalive (out, interval_s);
  else if (message->type == UDPNAT_CS_TICKET
           && udpnat_parse_ticket (message, &life_s, ticket, secret))
    udpnat_write_ticket (out, life_s, ticket, secret);
  else if (message->type == UDPNAT_CS_INVITATION && udpnat_parse_invitation (message, code))
    udpnat_write_invitation (out, code);
  else
    return FALSE;
  return TRUE;
}

static inline gboolean
recode_page (const UdpnatMessageView *message,
             GByteArray              *out)
{
  guint32 request;
  guint8 code;
  g_autoptr (GArray) entries = udpnat_parse_page (message, &request, &code);

  if (entries == NULL)
    return FALSE;
  udpnat_write_page (out, request, code, (gpointer) entries->data, entries->len);
  return TRUE;
}

/* WATCH, WATCHED, DIRECTORY, LIST and PAGE. */
static inline gboolean
recode_directory (const UdpnatMessageView *message,
                  GByteArray              *out)
{
  g_auto (UdpnatListMessage) list = { 0 };
  UdpnatWatchMessage watch;
  guint32 number;
  guint8 code;

  if (message->type == UDPNAT_CS_PAGE)
    return recode_page (message, out);
  if (message->type == UDPNAT_CS_WATCH && udpnat_parse_watch (message, &watch))
    udpnat_write_watch (out, &watch);
  else if (message->type == UDPNAT_CS_WATCHED && udpnat_parse_watched (message, &code, &number))
    udpnat_write_watched (out, code, number);
  else if (message->type == UDPNAT_CS_DIRECTORY && udpnat_parse_directory (message, &code))
    udpnat_write_directory (out, code);
  else if (message->type == UDPNAT_CS_LIST && udpnat_parse_list (message, &list))
    udpnat_write_list (out, list.request, list.n_max, list.prefix, list.after);
  else
    return FALSE;
  return TRUE;
}

/* Of a fleet: those with servers in them, and MAIL-FETCH. */
static inline gboolean
recode_fleet (const UdpnatMessageView *message,
              GByteArray              *out)
{
  g_autoptr (GArray) nodes = NULL;
  UdpnatFleetNode node = { .place = NULL };
  guint16 watch_s;
  guint8 key[32];

  if (message->type == UDPNAT_CS_FLEET)
    {
      nodes = udpnat_parse_fleet (message, &watch_s);
      if (nodes == NULL)
        return FALSE;
      udpnat_write_fleet (out, watch_s, (gpointer) nodes->data, nodes->len);
      return TRUE;
    }
  if (message->type == UDPNAT_CS_LOCATED && udpnat_parse_located (message, key, &node))
    udpnat_write_located (out, key, &node);
  else if (message->type == UDPNAT_CS_MOVE && udpnat_parse_move (message, &node))
    udpnat_write_move (out, &node);
  else if (message->type == UDPNAT_CS_MAIL_AT && udpnat_parse_mail_at (message, &node))
    udpnat_write_mail_at (out, &node);
  else if (message->type == UDPNAT_CS_MAIL_FETCH && udpnat_parse_mail_fetch (message))
    udpnat_write_mail_fetch (out);
  else
    {
      g_assert_null (node.place);
      return FALSE;
    }
  udpnat_fleet_node_clear (&node);
  return TRUE;
}

/* Client-server and peer-peer. */
static inline gboolean
recode_control_message (const UdpnatMessageView *message,
                        GByteArray              *out)
{
  UdpnatSearchMessage search;
  UdpnatAttestation attestation;
  UdpnatCandidates candidates;
  UdpnatReport report;

  switch (message->type)
    {
    case UDPNAT_CS_REGISTER:
    case UDPNAT_CS_REGISTERED:
    case UDPNAT_CS_REFUSED:
    case UDPNAT_CS_LOOKUP:
      return recode_named (message, out);
    case UDPNAT_CS_LOOKUP_RESULT:
      return recode_lookup_result (message, out);
    case UDPNAT_CS_PEERS:
      return recode_peers (message, out);
    case UDPNAT_CS_WATCH:
    case UDPNAT_CS_WATCHED:
    case UDPNAT_CS_DIRECTORY:
    case UDPNAT_CS_LIST:
    case UDPNAT_CS_PAGE:
      return recode_directory (message, out);
    case UDPNAT_CS_ATTEST:
      if (!udpnat_parse_attest (message, attestation.nonce))
        return FALSE;
      udpnat_write_attest (out, attestation.nonce);
      return TRUE;
    case UDPNAT_CS_ATTESTATION:
      if (!udpnat_parse_attestation (message, &attestation))
        return FALSE;
      udpnat_write_attestation (out, &attestation);
      return TRUE;
    case UDPNAT_CS_REPORT:
      if (!udpnat_parse_report (message, &report))
        return FALSE;
      udpnat_write_report (out, &report);
      return TRUE;
    case UDPNAT_CS_FLEET:
    case UDPNAT_CS_LOCATED:
    case UDPNAT_CS_MOVE:
    case UDPNAT_CS_MAIL_AT:
    case UDPNAT_CS_MAIL_FETCH:
      return recode_fleet (message, out);
    case UDPNAT_PP_SEARCH:
      if (!udpnat_parse_search (message, &search) || search.step == 0
          || search.step > UDPNAT_SEARCH_MEET)
        return FALSE;
      udpnat_write_search (out, &search);
      return TRUE;
    case UDPNAT_PP_CANDIDATES:
      if (!udpnat_parse_candidates (message, &candidates))
        return FALSE;
      udpnat_write_candidates (out, &candidates);
      return TRUE;
    default:
      return recode_bare (message, out);
    }
}

static inline gboolean
recode_chat_message (const UdpnatMessageView *message,
                     GByteArray              *out)
{
  UdpnatMessageId id;
  const guint8 *body;
  const guint8 *ids;
  gboolean is_typing;
  gint64 sent_us;
  gsize n_body;
  guint n_ids;
  guint8 kind;

  if (udpnat_parse_item (message, &id, &sent_us, &body, &n_body))
    udpnat_write_item (out, message->type, &id, sent_us, body, n_body);
  else if (udpnat_parse_receipt (message, &kind, &ids, &n_ids))
    udpnat_write_receipt (out, kind, (const UdpnatMessageId *) ids, n_ids);
  else if (udpnat_parse_typing (message, &is_typing))
    udpnat_write_typing (out, is_typing);
  else
    return FALSE;
  return TRUE;
}

/* What a golden example promises about its body: it is valid as it is, and when it is cut to
 * @n_fixed bytes or to any multiple of @n_step above that. With @n_step 0 it is valid at its own
 * length only. */
typedef struct
{
  const char *name;
  const char *hex; /* with its header */
  gsize       n_fixed;
  gsize       n_step;
} Golden;

static inline gboolean
golden_allows (const Golden *golden,
               gsize         n_whole_body,
               gsize         n_body)
{
  if (n_body == n_whole_body)
    return TRUE;
  return golden->n_step > 0 && n_body >= golden->n_fixed
         && (n_body - golden->n_fixed) % golden->n_step == 0;
}
