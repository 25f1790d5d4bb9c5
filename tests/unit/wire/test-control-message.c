#include "config.h"

#include "udpnat-directory-message.h"
#include "udpnat-limits.h"
#include "udpnat-rendezvous-message.h"

#include "wire-codec.h"
#include "wire-hex.h"

/* Client-server and peer-peer control messages against the bytes of PROTOCOL.md sections 7 and
 * 8. */

#define KEY_HEX "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define IPV4_HEX "04 c0000201 000000000000000000000000 2290"
#define IPV6_HEX "06 20010db8000000000000000000000001 2290"
#define TICKET_HEX KEY_HEX KEY_HEX "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define ALICE_HEX "0005 616c696365"
#define NODE_HEX KEY_HEX "0004 6e3a3939"
#define ENTRY_ALICE_HEX KEY_HEX "11223344 01" ALICE_HEX
#define ENTRY_BOB_HEX KEY_HEX "00000000 00 0003 626f62"
#define ENTRY_AWAY_HEX KEY_HEX "11223344 02" ALICE_HEX
#define ENTRY_LATER_HEX KEY_HEX "11223344 03" ALICE_HEX

static const Golden goldens[] = {
  { "register", "01 00000008 01" ALICE_HEX, 0, 0 },
  { "register-unlisted", "01 00000008 00" ALICE_HEX, 0, 0 },
  { "register-moved", "01 00000008 03" ALICE_HEX, 0, 0 },
  { "register-without-name", "01 00000003 01 0000", 0, 0 },
  { "registered", "02 0000001e 11223344" IPV4_HEX ALICE_HEX, 0, 0 },
  { "invitation", "1d 0000000f 000102030405060708090a0b0c0d0e", 0, 0 },
  { "ticket", "1e 00000074 00015180" TICKET_HEX KEY_HEX, 0, 0 },
  { "refused", "03 0000000c 01 0000003c" ALICE_HEX, 0, 0 },
  { "unregister", "04 00000000", 0, 0 },
  { "unregistered", "05 00000000", 0, 0 },
  { "lookup", "06 0000000b 11223344" ALICE_HEX, 0, 0 },
  { "lookup-result-found", "07 00000031 11223344 00" ENTRY_ALICE_HEX, 0, 0 },
  { "lookup-result-unknown", "07 00000005 11223344 01", 0, 0 },
  { "lookup-result-later", "07 00000005 11223344 02", 0, 0 },
  { "subscribe", "08 00000001 01", 0, 0 },
  { "peers", "09 00000058 0002" ENTRY_ALICE_HEX ENTRY_BOB_HEX, 0, 0 },
  { "peers-away", "09 0000002e 0001" ENTRY_AWAY_HEX, 0, 0 },
  { "peers-none", "09 00000002 0000", 0, 0 },
  { "list-end", "0a 00000000", 0, 0 },
  { "presence", "0b 00000001 02", 0, 0 },
  { "keepalive", "0e 00000002 0060", 0, 0 },
  { "watch", "18 00000041 00" KEY_HEX KEY_HEX, 1, 32 },
  { "watch-nobody", "18 00000001 01", 1, 32 },
  { "watched", "19 00000005 01 000003e8", 0, 0 },
  { "directory", "1a 00000001 03", 0, 0 },
  { "list", "1b 00000010 11223344 32 0002 616c" ALICE_HEX, 0, 0 },
  { "list-from-the-beginning", "1b 00000009 11223344 32 0000 0000", 0, 0 },
  { "page", "1c 0000005c 11223344 01 02" ENTRY_ALICE_HEX ENTRY_BOB_HEX, 0, 0 },
  { "page-private", "1c 00000006 11223344 02 00", 0, 0 },
  { "report", "0f 0000000c 06 0a 02 01 00 00 03 00 00 00 00 ff", 0, 0 },
  { "fleet", "31 0000004f 0004 02" NODE_HEX NODE_HEX, 0, 0 },
  { "fleet-alone", "31 00000003 0004 00", 0, 0 },
  { "located", "32 00000046" KEY_HEX NODE_HEX, 0, 0 },
  { "move", "33 00000026" NODE_HEX, 0, 0 },
  { "mail-at", "34 00000026" NODE_HEX, 0, 0 },
  { "mail-fetch", "35 00000000", 0, 0 },
  { "candidates",
    "41 00000034 00000007 00000003 00 01 03 02 01" IPV4_HEX "04" IPV6_HEX, 0, 0 },
  { "candidates-relay-only", "41 0000000c 00000001 00000000 01 00 00 00", 0, 0 },
  { "candidates-udp-blocked", "41 0000000c 00000001 00000000 04 00 00 00", 0, 0 },
};

static UdpnatMessageView
read_only_message (GByteArray *data)
{
  UdpnatMessageView message;
  gsize n_consumed;

  g_assert_cmpint (udpnat_message_parse (data->data, data->len, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, data->len);
  return message;
}

/* ---- All examples ---- */

static void
golden_survives_a_round_trip (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatMessageView message = read_only_message (data);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_true (recode_control_message (&message, out));
  assert_hex (out->data, out->len, golden->hex);
}

static void
golden_at_its_own_length_only (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  gsize n_body = data->len - UDPNAT_MESSAGE_HEADER_BYTES;

  g_byte_array_append (data, (const guint8[1]) { 0 }, 1);
  for (gsize n = 0; n <= n_body + 1; n++)
    {
      g_autofree guint8 *exact = copy_exactly (data->data + UDPNAT_MESSAGE_HEADER_BYTES, n);
      UdpnatMessageView message = { data->data[0], exact, n };
      g_autoptr (GByteArray) out = g_byte_array_new ();

      g_assert_cmpint (recode_control_message (&message, out), ==,
                       golden_allows (golden, n_body, n));
    }
}

static void
golden_of_another_type_refused (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatMessageView message = read_only_message (data);
  UdpnatDirectoryEntry entry = { 0 };
  UdpnatListMessage list = { 0 };
  UdpnatWatchMessage watch;
  UdpnatCandidates candidates;
  UdpnatAddress address;
  gboolean is_listed;
  const char *lent;
  gsize n_lent;
  char *name = NULL;
  guint16 interval_s;
  guint32 number;
  guint8 code;

  message.type = 0x7f;
  g_assert_false (udpnat_parse_register (&message, &is_listed, &name));
  g_assert_false (udpnat_parse_registered (&message, &number, &address, &name));
  g_assert_false (udpnat_parse_refused (&message, &code, &number, &name));
  g_assert_false (udpnat_parse_unregister (&message));
  g_assert_false (udpnat_parse_unregistered (&message));
  g_assert_false (udpnat_parse_lookup (&message, &number, &lent, &n_lent));
  g_assert_false (udpnat_parse_lookup_result (&message, &number, &code, &entry));
  g_assert_false (udpnat_parse_subscribe (&message, &code));
  g_assert_null (udpnat_parse_peers (&message));
  g_assert_false (udpnat_parse_list_end (&message));
  g_assert_false (udpnat_parse_presence (&message, &code));
  g_assert_false (udpnat_parse_keepalive (&message, &interval_s));
  g_assert_false (udpnat_parse_candidates (&message, &candidates));
  g_assert_false (udpnat_parse_watch (&message, &watch));
  g_assert_false (udpnat_parse_watched (&message, &code, &number));
  g_assert_false (udpnat_parse_directory (&message, &code));
  g_assert_false (udpnat_parse_list (&message, &list));
  g_assert_null (udpnat_parse_page (&message, &number, &code));
  g_assert_null (list.prefix);
  g_assert_null (name);
  g_assert_null (entry.name);
}

/* ---- Fields ---- */

static UdpnatMessageView
golden_message (const char *name,
                GByteArray *data)
{
  for (guint i = 0; i < G_N_ELEMENTS (goldens); i++)
    if (g_str_equal (goldens[i].name, name))
      {
        g_autoptr (GByteArray) bytes = bytes_from_hex (goldens[i].hex);

        g_byte_array_append (data, bytes->data, bytes->len);
        return read_only_message (data);
      }
  g_assert_not_reached ();
}

static void
register_fields (void)
{
  g_autoptr (GByteArray) listed = g_byte_array_new ();
  g_autoptr (GByteArray) unlisted = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("register", listed);
  g_autofree char *name = NULL;
  g_autofree char *other = NULL;
  gboolean is_listed;

  g_assert_true (udpnat_parse_register (&message, &is_listed, &name));
  g_assert_true (is_listed);
  g_assert_cmpstr (name, ==, "alice");
  message = golden_message ("register-unlisted", unlisted);
  g_assert_true (udpnat_parse_register (&message, &is_listed, &other));
  g_assert_false (is_listed);
}

static void
registered_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("registered", data);
  g_autofree char *name = NULL;
  UdpnatAddress expected;
  UdpnatAddress observed;
  guint32 handle;

  g_assert_true (udpnat_address_parse_ip (&expected, "192.0.2.1", 8848));
  g_assert_true (udpnat_parse_registered (&message, &handle, &observed, &name));
  g_assert_cmphex (handle, ==, 0x11223344);
  g_assert_true (udpnat_address_equal (&observed, &expected));
  g_assert_cmpstr (name, ==, "alice");
}

static void
refused_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("refused", data);
  g_autofree char *name = NULL;
  guint32 retry_s;
  guint8 code;

  g_assert_true (udpnat_parse_refused (&message, &code, &retry_s, &name));
  g_assert_cmpint (code, ==, UDPNAT_REFUSED_NAME_TAKEN);
  g_assert_cmpuint (retry_s, ==, 60);
  g_assert_cmpstr (name, ==, "alice");
}

static void
lookup_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("lookup", data);
  const char *name;
  guint32 request;
  gsize n_name;

  g_assert_true (udpnat_parse_lookup (&message, &request, &name, &n_name));
  g_assert_cmphex (request, ==, 0x11223344);
  g_assert_cmpmem (name, n_name, "alice", 5);
}

static void
lookup_result_fields (void)
{
  g_autoptr (GByteArray) found = g_byte_array_new ();
  g_autoptr (GByteArray) unknown = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("lookup-result-found", found);
  UdpnatDirectoryEntry entry = { 0 };
  guint32 request;
  guint8 code;

  g_assert_true (udpnat_parse_lookup_result (&message, &request, &code, &entry));
  g_assert_cmphex (request, ==, 0x11223344);
  g_assert_cmpint (code, ==, UDPNAT_LOOKUP_FOUND);
  assert_hex (entry.key, 32, KEY_HEX);
  g_assert_cmphex (entry.handle, ==, 0x11223344);
  g_assert_cmpuint (entry.presence, ==, UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpstr (entry.name, ==, "alice");
  udpnat_directory_entry_clear (&entry);
  g_assert_null (entry.name);

  message = golden_message ("lookup-result-unknown", unknown);
  request = 0;
  g_assert_true (udpnat_parse_lookup_result (&message, &request, &code, &entry));
  g_assert_cmphex (request, ==, 0x11223344);
  g_assert_cmpint (code, ==, UDPNAT_LOOKUP_UNKNOWN);
  g_assert_null (entry.name);
}

static void
directory_fields (void)
{
  g_autoptr (GByteArray) watch_data = g_byte_array_new ();
  g_autoptr (GByteArray) list_data = g_byte_array_new ();
  g_autoptr (GByteArray) page_data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("watch", watch_data);
  g_auto (UdpnatListMessage) list = { 0 };
  g_autoptr (GArray) entries = NULL;
  UdpnatWatchMessage watch;
  guint32 request;
  guint8 code;

  g_assert_true (udpnat_parse_watch (&message, &watch));
  g_assert_cmpuint (watch.n_keys, ==, 2);
  g_assert_cmpuint (watch.keys[32], ==, 0x40);
  message = golden_message ("list", list_data);
  g_assert_true (udpnat_parse_list (&message, &list));
  g_assert_cmpuint (list.n_max, ==, 50);
  g_assert_cmpstr (list.prefix, ==, "al");
  g_assert_cmpstr (list.after, ==, "alice");
  message = golden_message ("page", page_data);
  entries = udpnat_parse_page (&message, &request, &code);
  g_assert_cmpuint (request, ==, 0x11223344);
  g_assert_cmpuint (code, ==, UDPNAT_PAGE_MORE);
  g_assert_cmpuint (entries->len, ==, 2);
  g_assert_cmpstr (g_array_index (entries, UdpnatDirectoryEntry, 1).name, ==, "bob");
}

/* A page of the longest names is a message like any other; one of more names is none. */
static void
page_up_to_50 (void)
{
  g_autofree char *name = g_strnfill (UDPNAT_NAME_MAX_BYTES, 'x');
  UdpnatDirectoryEntry entries[UDPNAT_DIRECTORY_PAGE_MAX];
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GArray) read = NULL;
  UdpnatMessageView message;
  guint32 request;
  guint8 code;

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    entries[i] = (UdpnatDirectoryEntry) { .name = name };
  udpnat_write_page (out, 1, UDPNAT_PAGE_LAST, entries, G_N_ELEMENTS (entries));
  message = read_only_message (out);
  read = udpnat_parse_page (&message, &request, &code);
  g_assert_cmpuint (read->len, ==, G_N_ELEMENTS (entries));
  out->data[UDPNAT_MESSAGE_HEADER_BYTES + 5]++;
  for (gsize i = 0; i < 39 + UDPNAT_NAME_MAX_BYTES; i++)
    g_byte_array_append (out, out->data + UDPNAT_MESSAGE_HEADER_BYTES + 6 + i, 1);
  message = (UdpnatMessageView) { out->data[0], out->data + UDPNAT_MESSAGE_HEADER_BYTES,
                                  out->len - UDPNAT_MESSAGE_HEADER_BYTES };
  g_assert_null (udpnat_parse_page (&message, &request, &code));
}

static void
subscribe_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("subscribe", data);
  guint8 mode;

  g_assert_true (udpnat_parse_subscribe (&message, &mode));
  g_assert_cmpint (mode, ==, UDPNAT_SUBSCRIBE_ALL);
}

static void
peers_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("peers", data);
  g_autoptr (GArray) entries = udpnat_parse_peers (&message);
  const UdpnatDirectoryEntry *entry;

  g_assert_nonnull (entries);
  g_assert_cmpuint (entries->len, ==, 2);
  entry = &g_array_index (entries, UdpnatDirectoryEntry, 0);
  assert_hex (entry->key, 32, KEY_HEX);
  g_assert_cmphex (entry->handle, ==, 0x11223344);
  g_assert_cmpuint (entry->presence, ==, UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpstr (entry->name, ==, "alice");
  entry = &g_array_index (entries, UdpnatDirectoryEntry, 1);
  g_assert_cmphex (entry->handle, ==, 0);
  g_assert_cmpuint (entry->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpstr (entry->name, ==, "bob");
}

static void
candidates_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autoptr (GByteArray) relay_only = g_byte_array_new ();
  g_autoptr (GByteArray) udp_blocked = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("candidates", data);
  UdpnatCandidates candidates;
  UdpnatAddress expected;

  g_assert_true (udpnat_parse_candidates (&message, &candidates));
  g_assert_cmpuint (candidates.generation, ==, 7);
  g_assert_cmpuint (candidates.heard, ==, 3);
  g_assert_false (candidates.relay_only);
  g_assert_cmpint (candidates.mapping, ==, UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
  g_assert_cmpint (candidates.filtering, ==, UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT);
  g_assert_cmpuint (candidates.n_candidates, ==, 2);
  g_assert_cmpint (candidates.candidates[0].kind, ==, UDPNAT_CANDIDATE_HOST);
  g_assert_true (udpnat_address_parse_ip (&expected, "192.0.2.1", 8848));
  g_assert_true (udpnat_address_equal (&candidates.candidates[0].address, &expected));
  g_assert_cmpint (candidates.candidates[1].kind, ==, UDPNAT_CANDIDATE_GLOBAL_IPV6);
  g_assert_true (udpnat_address_parse_ip (&expected, "2001:db8::1", 8848));
  g_assert_true (udpnat_address_equal (&candidates.candidates[1].address, &expected));

  message = golden_message ("candidates-relay-only", relay_only);
  g_assert_true (udpnat_parse_candidates (&message, &candidates));
  g_assert_true (candidates.relay_only);
  g_assert_false (candidates.is_udp_blocked);
  g_assert_cmpuint (candidates.n_candidates, ==, 0);

  message = golden_message ("candidates-udp-blocked", udp_blocked);
  g_assert_true (udpnat_parse_candidates (&message, &candidates));
  g_assert_true (candidates.is_udp_blocked);
  g_assert_false (candidates.relay_only);
}

/* ---- Borders ---- */

static void
invitation_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("invitation", data);
  guint8 code[UDPNAT_INVITATION_BYTES];

  g_assert_true (udpnat_parse_invitation (&message, code));
  for (guint i = 0; i < sizeof code; i++)
    g_assert_cmpuint (code[i], ==, i);
  message.n_body--;
  g_assert_false (udpnat_parse_invitation (&message, code));
}

static void
ticket_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("ticket", data);
  guint8  ticket[UDPNAT_TICKET_BYTES], secret[UDPNAT_TICKET_SECRET_BYTES];
  guint32 life_s;

  g_assert_true (udpnat_parse_ticket (&message, &life_s, ticket, secret));
  g_assert_cmpuint (life_s, ==, 86400);
  g_assert_cmpuint (ticket[0], ==, 0x40);
  g_assert_cmpuint (ticket[UDPNAT_TICKET_BYTES - 1], ==, 0xaf);
  g_assert_cmpuint (secret[0], ==, 0x40);
  g_assert_cmpuint (secret[UDPNAT_TICKET_SECRET_BYTES - 1], ==, 0x5f);
  message.n_body--;
  g_assert_false (udpnat_parse_ticket (&message, &life_s, ticket, secret));
}

/* REGISTER with a name of @n_name bytes that says it has @n_announced. */
static gboolean
register_with_name (const char *name,
                    gsize       n_name,
                    guint16     n_announced)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autofree guint8 *exact = NULL;
  g_autofree char *read = NULL;
  UdpnatMessageView message;
  gboolean is_listed;
  gboolean result;

  udpnat_append_u8 (body, 0);
  udpnat_append_u16 (body, n_announced);
  udpnat_append_bytes (body, (const guint8 *) name, n_name);
  exact = copy_exactly (body->data, body->len);
  message = (UdpnatMessageView) { UDPNAT_CS_REGISTER, exact, body->len };
  result = udpnat_parse_register (&message, &is_listed, &read);
  g_assert_cmpint (read != NULL, ==, result);
  if (result)
    g_assert_cmpuint (strlen (read), ==, n_name);
  return result;
}

static void
name_up_to_its_limit (void)
{
  char name[UDPNAT_NAME_MAX_BYTES + 1];

  memset (name, 'n', sizeof name);
  g_assert_true (register_with_name (name, 0, 0));
  g_assert_true (register_with_name (name, UDPNAT_NAME_MAX_BYTES - 1, UDPNAT_NAME_MAX_BYTES - 1));
  g_assert_true (register_with_name (name, UDPNAT_NAME_MAX_BYTES, UDPNAT_NAME_MAX_BYTES));
  g_assert_false (register_with_name (name, UDPNAT_NAME_MAX_BYTES + 1, UDPNAT_NAME_MAX_BYTES + 1));
}

static void
name_that_lies_about_its_length (void)
{
  g_assert_false (register_with_name ("alice", 5, 4));
  g_assert_false (register_with_name ("alice", 5, 6));
  g_assert_false (register_with_name ("alice", 5, 0));
  g_assert_false (register_with_name ("alice", 5, 0xffff));
}

static void
name_must_be_utf8 (void)
{
  g_assert_true (register_with_name ("gr\xc3\xbc\xc3\x9f", 6, 6));
  g_assert_false (register_with_name ("gr\xc3\xbc\xc3", 5, 5));
  g_assert_false (register_with_name ("\xff", 1, 1));
  g_assert_false (register_with_name ("a\0b", 3, 3));
  g_assert_false (register_with_name ("ab\0", 3, 3));
  g_assert_false (register_with_name ("\xed\xa0\x80", 3, 3));
}

static void
longer_name_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_autofree char *name = g_strnfill (UDPNAT_NAME_MAX_BYTES + 1, 'n');

      udpnat_write_register (out, TRUE, name);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
unknown_flags_ignored (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex ("01 00000008 fe" ALICE_HEX);
  g_autoptr (GByteArray) peer = bytes_from_hex ("41 0000000c 00000001 00000000 fc 00 00 00");
  UdpnatMessageView message = read_only_message (data);
  UdpnatCandidates candidates;
  g_autofree char *name = NULL;
  gboolean is_listed;

  g_assert_true (udpnat_parse_register (&message, &is_listed, &name));
  g_assert_false (is_listed);
  message = read_only_message (peer);
  g_assert_true (udpnat_parse_candidates (&message, &candidates));
  g_assert_false (candidates.relay_only);
}

/* Other codes may come one day; only "found" has an entry. */
static void
lookup_result_of_other_code_has_no_entry (void)
{
  g_autoptr (GByteArray) bare = bytes_from_hex ("07 00000005 11223344 02");
  g_autoptr (GByteArray) full = bytes_from_hex ("07 00000031 11223344 02" ENTRY_ALICE_HEX);
  UdpnatMessageView message = read_only_message (bare);
  UdpnatDirectoryEntry entry = { 0 };
  guint32 request;
  guint8 code;

  g_assert_true (udpnat_parse_lookup_result (&message, &request, &code, &entry));
  g_assert_cmpuint (code, ==, 2);
  g_assert_null (entry.name);
  message = read_only_message (full);
  g_assert_false (udpnat_parse_lookup_result (&message, &request, &code, &entry));
  g_assert_null (entry.name);
}

static void
peers_count_must_be_true (void)
{
  for (guint count = 0; count <= G_MAXUINT16; count++)
    {
      g_autoptr (GByteArray) data = g_byte_array_new ();
      UdpnatMessageView message = golden_message ("peers", data);
      g_autoptr (GArray) entries = NULL;

      data->data[5] = (guint8) (count >> 8);
      data->data[6] = (guint8) count;
      entries = udpnat_parse_peers (&message);
      g_assert_cmpint (entries != NULL, ==, count == 2);
      /* Every count near the truth and far from it, but not all 65,536 */
      if (count == 300)
        count = G_MAXUINT16 - 300;
    }
}

/* A list that does not fit into one message goes into several. */
static void
peers_split_over_messages (void)
{
  g_autofree char *name = g_strnfill (UDPNAT_NAME_MAX_BYTES, 'n');
  const gsize n_entry = 32 + 4 + 1 + 2 + UDPNAT_NAME_MAX_BYTES;
  const guint n_per_message = (guint) ((UDPNAT_MESSAGE_BODY_MAX_BYTES - 2) / n_entry);
  const guint n_entries = 2 * n_per_message + 1;
  g_autofree UdpnatDirectoryEntry *entries = g_new0 (UdpnatDirectoryEntry, n_entries);
  guint n_done = 0;

  for (guint i = 0; i < n_entries; i++)
    {
      entries[i].handle = i;
      entries[i].name = name;
    }
  while (n_done < n_entries)
    {
      g_autoptr (GByteArray) out = g_byte_array_new ();
      guint n_written = udpnat_write_peers (out, entries + n_done, n_entries - n_done);
      g_autoptr (GArray) read = NULL;
      UdpnatMessageView message;

      g_assert_cmpuint (n_written, ==, MIN (n_per_message, n_entries - n_done));
      message = read_only_message (out);
      read = udpnat_parse_peers (&message);
      g_assert_nonnull (read);
      g_assert_cmpuint (read->len, ==, n_written);
      g_assert_cmpuint (g_array_index (read, UdpnatDirectoryEntry, 0).handle, ==, n_done);
      n_done += n_written;
    }
}

/* Filled to the last byte: one more would not fit. */
static void
peers_up_to_the_last_byte (void)
{
  const gsize n_names = UDPNAT_MESSAGE_BODY_MAX_BYTES - 2 - 300 * 39;
  UdpnatDirectoryEntry entries[300] = { 0 };
  g_autoptr (GByteArray) full = g_byte_array_new ();
  g_autoptr (GByteArray) over = g_byte_array_new ();
  gsize n_left = n_names;

  for (guint i = 0; i < 300; i++)
    {
      gsize n_name = MIN (n_left / (300 - i), UDPNAT_NAME_MAX_BYTES);

      entries[i].name = g_strnfill (n_name, 'n');
      n_left -= n_name;
    }
  g_assert_cmpuint (n_left, ==, 0);
  g_assert_cmpuint (udpnat_write_peers (full, entries, 300), ==, 300);
  g_assert_cmpuint (full->len, ==, UDPNAT_MESSAGE_HEADER_BYTES + UDPNAT_MESSAGE_BODY_MAX_BYTES);

  g_free (entries[0].name);
  entries[0].name = g_strnfill (n_names / 300 + 1, 'n');
  g_assert_cmpuint (udpnat_write_peers (over, entries, 300), ==, 299);
  for (guint i = 0; i < 300; i++)
    udpnat_directory_entry_clear (&entries[i]);
}

static void
candidates_up_to_8 (void)
{
  for (guint count = 0; count <= 255; count++)
    {
      g_autoptr (GByteArray) body = bytes_from_hex ("00000001 00000000 00 00 00");
      g_autoptr (GByteArray) one = bytes_from_hex ("01" IPV4_HEX);
      UdpnatCandidates candidates;
      UdpnatMessageView message;

      udpnat_append_u8 (body, (guint8) count);
      for (guint i = 0; i < count; i++)
        udpnat_append_bytes (body, one->data, one->len);
      message = (UdpnatMessageView) { UDPNAT_PP_CANDIDATES, body->data, body->len };
      g_assert_cmpint (udpnat_parse_candidates (&message, &candidates), ==, count <= 8);
      if (count <= 8)
        g_assert_cmpuint (candidates.n_candidates, ==, count);
    }
}

static void
candidates_of_bad_family_refused (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatMessageView message = golden_message ("candidates", data);
  UdpnatCandidates candidates;

  data->data[5 + 8 + 20 + 1] = 5;
  g_assert_false (udpnat_parse_candidates (&message, &candidates));
}

static void
nine_candidates_are_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GByteArray) out = g_byte_array_new ();
      UdpnatCandidates candidates = { .n_candidates = UDPNAT_CANDIDATES_MAX + 1 };

      udpnat_write_candidates (out, &candidates);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
add_golden_tests (const Golden *golden)
{
  static const struct
  {
    const char   *fact;
    GTestDataFunc run;
  } tests[] = {
    { "round-trip", golden_survives_a_round_trip },
    { "its-own-length-only", golden_at_its_own_length_only },
    { "other-type-refused", golden_of_another_type_refused },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path
        = g_strdup_printf ("/wire-control/%s/%s", golden->name, tests[i].fact);

      g_test_add_data_func (path, golden, tests[i].run);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (goldens); i++)
    add_golden_tests (&goldens[i]);
  g_test_add_func ("/wire-control/register/fields", register_fields);
  g_test_add_func ("/wire-control/registered/fields", registered_fields);
  g_test_add_func ("/wire-control/refused/fields", refused_fields);
  g_test_add_func ("/wire-control/invitation/fields", invitation_fields);
  g_test_add_func ("/wire-control/ticket/fields", ticket_fields);
  g_test_add_func ("/wire-control/lookup/fields", lookup_fields);
  g_test_add_func ("/wire-control/lookup-result/fields", lookup_result_fields);
  g_test_add_func ("/wire-control/subscribe/fields", subscribe_fields);
  g_test_add_func ("/wire-control/directory/fields", directory_fields);
  g_test_add_func ("/wire-control/page/up-to-50", page_up_to_50);
  g_test_add_func ("/wire-control/peers/fields", peers_fields);
  g_test_add_func ("/wire-control/candidates/fields", candidates_fields);
  g_test_add_func ("/wire-control/name/up-to-its-limit", name_up_to_its_limit);
  g_test_add_func ("/wire-control/name/lies-about-its-length", name_that_lies_about_its_length);
  g_test_add_func ("/wire-control/name/must-be-utf8", name_must_be_utf8);
  g_test_add_func ("/wire-control/name/longer-is-a-wrong-program", longer_name_is_a_wrong_program);
  g_test_add_func ("/wire-control/flags/unknown-ones-ignored", unknown_flags_ignored);
  g_test_add_func ("/wire-control/lookup-result/other-code-has-no-entry",
                   lookup_result_of_other_code_has_no_entry);
  g_test_add_func ("/wire-control/peers/count-must-be-true", peers_count_must_be_true);
  g_test_add_func ("/wire-control/peers/split-over-messages", peers_split_over_messages);
  g_test_add_func ("/wire-control/peers/up-to-the-last-byte", peers_up_to_the_last_byte);
  g_test_add_func ("/wire-control/candidates/up-to-8", candidates_up_to_8);
  g_test_add_func ("/wire-control/candidates/bad-family-refused",
                   candidates_of_bad_family_refused);
  g_test_add_func ("/wire-control/candidates/nine-are-a-wrong-program",
                   nine_candidates_are_a_wrong_program);
  return g_test_run ();
}
