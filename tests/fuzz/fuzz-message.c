/* The messages of the control and chat streams: rendezvous, candidates, chat. Every parser on every
 * message; a message that was understood and is written again gives the same bytes, or, where
 * reading forgets something (reserved flags), the same bytes from then on. An item that is valid
 * gives the same body when it is made again of what can be read in it. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-chat-message.h"
#include "udpnat-directory-message.h"
#include "udpnat-file-offer.h"
#include "udpnat-item.h"
#include "udpnat-limits.h"
#include "udpnat-mail-message.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-report.h"
#include "udpnat-search-message.h"

static void
check_name (const char *name)
{
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_cmpuint (strlen (name), <=, UDPNAT_NAME_MAX_BYTES);
}

/* Of a directory that is too large to be told as a whole. */
static gboolean
rewrite_directory (const UdpnatMessageView *message,
                   GByteArray              *out)
{
  g_auto (UdpnatListMessage) list = { 0 };
  g_autoptr (GArray)         entries = NULL;
  UdpnatWatchMessage         watch;
  guint32                    number;
  guint8                     code;

  if (udpnat_parse_watch (message, &watch))
    udpnat_write_watch (out, &watch);
  else if (udpnat_parse_watched (message, &code, &number))
    udpnat_write_watched (out, code, number);
  else if (udpnat_parse_directory (message, &code))
    udpnat_write_directory (out, code);
  else if (udpnat_parse_list (message, &list))
    {
      check_name (list.prefix);
      check_name (list.after);
      udpnat_write_list (out, list.request, list.n_max, list.prefix, list.after);
    }
  else if ((entries = udpnat_parse_page (message, &number, &code)) != NULL)
    {
      for (guint i = 0; i < entries->len; i++)
        check_name (g_array_index (entries, UdpnatDirectoryEntry, i).name);
      udpnat_write_page (out, number, code,
                         (const UdpnatDirectoryEntry *) (gconstpointer) entries->data,
                         entries->len);
    }
  else
    return FALSE;
  return TRUE;
}

/* Clients to server. Returns whether something was written to @out. */
static gboolean
rewrite_question (const UdpnatMessageView *message,
                  GByteArray              *out)
{
  g_autofree char *name = NULL;
  const char      *lent;
  gsize            n_lent;
  gboolean         is_listed;
  guint16          interval_s;
  UdpnatReport     report;
  guint32          request;
  guint8           mode, code[UDPNAT_INVITATION_BYTES];
  guint8           ticket[UDPNAT_TICKET_BYTES], secret[UDPNAT_TICKET_SECRET_BYTES];

  if (udpnat_parse_register (message, &is_listed, &name))
    {
      check_name (name);
      udpnat_write_register (out, is_listed, name);
    }
  else if (udpnat_parse_lookup (message, &request, &lent, &n_lent))
    {
      name = g_strndup (lent, n_lent);
      check_name (name);
      udpnat_write_lookup (out, request, name);
    }
  else if (udpnat_parse_unregister (message))
    udpnat_write_unregister (out);
  else if (udpnat_parse_subscribe (message, &mode))
    udpnat_write_subscribe (out, mode);
  else if (udpnat_parse_presence (message, &mode))
    udpnat_write_presence (out, mode);
  else if (udpnat_parse_invitation (message, code))
    udpnat_write_invitation (out, code);
  else if (udpnat_parse_ticket (message, &request, ticket, secret))
    udpnat_write_ticket (out, request, ticket, secret);
  else if (udpnat_parse_keepalive (message, &interval_s))
    udpnat_write_keepalive (out, interval_s);
  else if (message->n_body == 2 + UDPNAT_N_REPORT_WAYS && udpnat_parse_report (message, &report)
           && message->body[1] == UDPNAT_N_REPORT_WAYS)
    udpnat_write_report (out, &report);
  else
    return FALSE;
  return TRUE;
}

static gboolean
rewrite_peers (const UdpnatMessageView *message,
               GByteArray              *out)
{
  GArray *entries = udpnat_parse_peers (message);
  guint   n_written;

  if (entries == NULL)
    return FALSE;
  for (guint i = 0; i < entries->len; i++)
    check_name (g_array_index (entries, UdpnatDirectoryEntry, i).name);
  n_written = udpnat_write_peers (out, (const UdpnatDirectoryEntry *) (gconstpointer) entries->data,
                                  entries->len);
  g_assert_cmpuint (n_written, ==, entries->len);
  g_array_unref (entries);
  return TRUE;
}

static gboolean
rewrite_lookup_result (const UdpnatMessageView *message,
                       GByteArray              *out)
{
  UdpnatDirectoryEntry entry = { 0 };
  guint32              request;
  guint8               code;

  if (!udpnat_parse_lookup_result (message, &request, &code, &entry))
    return FALSE;
  if (code == UDPNAT_LOOKUP_FOUND)
    {
      check_name (entry.name);
      udpnat_write_lookup_result (out, request, code, &entry);
      udpnat_directory_entry_clear (&entry);
    }
  else
    udpnat_write_lookup_result (out, request, code, NULL);
  return TRUE;
}

/* Server to clients. */
static gboolean
rewrite_answer (const UdpnatMessageView *message,
                GByteArray              *out)
{
  g_autofree char *name = NULL;
  UdpnatAddress    observed;
  guint32          number;
  guint8           code;

  if (udpnat_parse_registered (message, &number, &observed, &name))
    {
      check_name (name);
      udpnat_write_registered (out, number, &observed, name);
    }
  else if (udpnat_parse_refused (message, &code, &number, &name))
    {
      check_name (name);
      udpnat_write_refused (out, code, number, name);
    }
  else if (udpnat_parse_unregistered (message))
    udpnat_write_unregistered (out);
  else if (udpnat_parse_list_end (message))
    udpnat_write_list_end (out);
  else
    return rewrite_lookup_result (message, out) || rewrite_peers (message, out);
  return TRUE;
}

static gboolean
rewrite_candidates (const UdpnatMessageView *message,
                    GByteArray              *out)
{
  UdpnatCandidates candidates;

  if (!udpnat_parse_candidates (message, &candidates))
    return FALSE;
  g_assert_cmpuint (candidates.n_candidates, <=, UDPNAT_CANDIDATES_MAX);
  udpnat_write_candidates (out, &candidates);
  return TRUE;
}

/* Returns: (nullable): @item made again of its parts; %NULL for a type of a later version */
static UdpnatItem *
remake_item (const UdpnatItem *item)
{
  g_autofree char     *text = udpnat_item_dup_text (item);
  g_autoptr (GBytes)   avatar = udpnat_item_dup_avatar (item);
  UdpnatPrekey         prekeys[UDPNAT_PREKEYS_MAX];
  UdpnatMessageId      target;
  const gboolean       has_target = udpnat_item_get_target (item, &target);
  const guint          n_prekeys = udpnat_item_get_prekeys (item, prekeys, G_N_ELEMENTS (prekeys));

  g_autoptr (UdpnatFileOffer) offer = udpnat_item_dup_offer (item);
  UdpnatFilePart part;

  if (text != NULL)
    g_assert_true (g_utf8_validate (text, -1, NULL));
  if (offer != NULL)
    return udpnat_item_new_file (&item->id, item->sent_us, offer);
  if (udpnat_item_get_part (item, &part))
    return udpnat_item_new_file_part (&item->id, item->sent_us, &part);
  if (has_target)
    return udpnat_item_new_on (item->type, &item->id, item->sent_us, &target, text);
  if (n_prekeys > 0)
    return udpnat_item_new_prekeys (&item->id, item->sent_us, prekeys, n_prekeys);
  if (item->type == UDPNAT_ITEM_TEXT)
    return udpnat_item_new_text (&item->id, item->sent_us, text);
  if (item->type == UDPNAT_ITEM_PROFILE)
    return udpnat_item_new_profile (&item->id, item->sent_us, text, avatar);
  if (item->type == UDPNAT_ITEM_ACCEPT)
    return udpnat_item_new_accept (&item->id, item->sent_us);
  if (item->type == UDPNAT_ITEM_ADDRESS)
    return udpnat_item_new_address (&item->id, item->sent_us, text);
  g_assert_false (udpnat_item_is_known (item));
  return NULL;
}

static gboolean
rewrite_item (const UdpnatMessageView *message,
              GByteArray              *out)
{
  g_autoptr (UdpnatItem) item = NULL;
  g_autoptr (UdpnatItem) again = NULL;
  UdpnatMessageId        id;
  const guint8          *body;
  gint64                 sent_us;
  gsize                  n_body;

  if (!udpnat_parse_item (message, &id, &sent_us, &body, &n_body))
    return FALSE;
  g_assert_cmpint (sent_us, >=, 0);
  udpnat_write_item (out, message->type, &id, sent_us, body, n_body);
  if (!udpnat_item_body_is_valid (message->type, body, n_body))
    return TRUE;
  item = udpnat_item_new (message->type, &id, sent_us, body, n_body);
  again = remake_item (item);
  if (again != NULL)
    g_assert_true (g_bytes_equal (again->body, item->body));
  return TRUE;
}

static gboolean
rewrite_chat (const UdpnatMessageView *message,
              GByteArray              *out)
{
  const guint8 *ids;
  gboolean      is_typing;
  guint         n_ids;
  guint8        kind;

  if (udpnat_parse_receipt (message, &kind, &ids, &n_ids))
    {
      g_autofree UdpnatMessageId *copies = g_new0 (UdpnatMessageId, n_ids + 1);

      memcpy (copies, ids, n_ids * sizeof *copies);
      udpnat_write_receipt (out, kind, copies, n_ids);
      return TRUE;
    }
  if (udpnat_parse_begin (message))
    {
      udpnat_write_begin (out);
      return TRUE;
    }
  if (udpnat_parse_typing (message, &is_typing))
    {
      udpnat_write_typing (out, is_typing);
      return TRUE;
    }
  return rewrite_item (message, out);
}

static gboolean
rewrite_letter (const UdpnatMessageView *message,
                GByteArray              *out)
{
  UdpnatMailItem item;
  UdpnatMailPut  put;
  guint32        request;
  guint8         code;

  if (udpnat_parse_mail_put (message, &put))
    udpnat_write_mail_put (out, &put);
  else if (udpnat_parse_mail_item (message, &item))
    udpnat_write_mail_item (out, &item);
  else if (udpnat_parse_mail_put_result (message, &request, &code))
    udpnat_write_mail_put_result (out, request, code);
  else
    return FALSE;
  return TRUE;
}

static gboolean
rewrite_mail_list (const UdpnatMessageView *message,
                   GByteArray              *out)
{
  guint64       numbers[UDPNAT_MAIL_ACK_MAX_NUMBERS];
  const guint8 *passes;
  gboolean      is_replacing;
  guint         n;

  if (udpnat_parse_mail_ack (message, numbers, &n))
    udpnat_write_mail_ack (out, numbers, n);
  else if (udpnat_parse_mail_passes (message, &is_replacing, &passes, &n))
    udpnat_write_mail_passes (out, is_replacing, passes, n);
  else
    return FALSE;
  return TRUE;
}

/* What a server says for a client, and the client shows to others. */
static gboolean
rewrite_vouch (const UdpnatMessageView *message,
               GByteArray              *out)
{
  UdpnatSearchMessage search;
  UdpnatAttestation   attestation;
  guint8              nonce[UDPNAT_ATTESTATION_NONCE_BYTES];

  if (udpnat_parse_attest (message, nonce))
    udpnat_write_attest (out, nonce);
  else if (udpnat_parse_attestation (message, &attestation))
    udpnat_write_attestation (out, &attestation);
  else if (udpnat_parse_search (message, &search) && search.step != 0
           && search.step <= UDPNAT_SEARCH_MEET) /* of others, nothing more is read */
    {
      g_assert_cmpuint (search.n_ranges, <=, UDPNAT_SEARCH_RANGES_MAX);
      udpnat_write_search (out, &search);
    }
  else
    return FALSE;
  return TRUE;
}

typedef gboolean (*Rewrite) (const UdpnatMessageView *message,
                             GByteArray              *out);

static const Rewrite rewrites[] = {
  rewrite_letter, rewrite_mail_list, rewrite_vouch,
  rewrite_directory, rewrite_question, rewrite_answer, rewrite_candidates, rewrite_chat,
};

static void
check_message (const UdpnatMessageView *message,
               Rewrite                  rewrite)
{
  g_autoptr (GByteArray) first = g_byte_array_new ();
  g_autoptr (GByteArray) second = g_byte_array_new ();
  UdpnatMessageView      again;
  gsize                  n_consumed;

  if (!rewrite (message, first))
    return;
  g_assert_cmpint (udpnat_message_parse (first->data, first->len, &again, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, first->len);
  g_assert_cmpuint (again.n_body, ==, message->n_body);
  g_assert_true (rewrite (&again, second));
  g_assert_cmpmem (first->data, first->len, second->data, second->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  UdpnatMessageView message;
  gsize             n_consumed;

  while (udpnat_message_parse (data, n_data, &message, &n_consumed) == UDPNAT_MESSAGE_COMPLETE)
    {
      g_assert_true (message.body + message.n_body == data + n_consumed);
      for (guint i = 0; i < G_N_ELEMENTS (rewrites); i++)
        check_message (&message, rewrites[i]);
      data += n_consumed;
      n_data -= n_consumed;
    }
  return 0;
}
